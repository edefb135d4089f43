/**
 * Vectors on the wire and the little linear algebra that both runtimes need. A vector is a `Float32Array`; on the wire
 * it is its little-endian bytes, as OpenAI's `encoding_format: "base64"` has it.
 */

const LITTLE_ENDIAN_HOST = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
if (!LITTLE_ENDIAN_HOST) throw new Error("Sightline runs on little-endian hosts only");

/** @returns the float32 little-endian bytes; a view, not a copy. */
export function vectorToBytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** @throws RangeError if the length is no multiple of 4. Copies only when the bytes are not aligned. */
export function vectorFromBytes(bytes: Uint8Array): Float32Array {
  if (bytes.byteLength % 4 !== 0) throw new RangeError("a float32 vector's length in bytes is a multiple of 4");
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

export function bytesToBase64(bytes: Uint8Array): string {
  let binary = "";
  // String.fromCharCode takes its bytes as arguments: 32 Ki at a time stays clear of every engine's argument limit.
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary);
}

/** @throws DOMException if the text is not base64. */
export function base64ToBytes(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** L2-normalises in place. @returns the norm before; 0 or NaN means that the vector has no direction and was left. */
export function normalise(vector: Float32Array): number {
  const norm = Math.sqrt(dot(vector, vector));
  if (!(norm > 0) || !Number.isFinite(norm)) return norm;
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / norm;
  return norm;
}

/** The L2-normalised mean of unit vectors: CLIP's prompt ensemble (Radford et al. 2021, §3.1.4). */
export function meanDirection(vectors: readonly Float32Array[]): Float32Array {
  const first = vectors[0];
  if (!first) throw new RangeError("the mean of no vectors");
  if (vectors.length === 1) return first;
  const mean = new Float32Array(first.length);
  for (const v of vectors) for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + (v[i] as number);
  normalise(mean);
  return mean;
}

/** Softmax of `scale · values`, stable for any finite input. */
export function softmax(values: readonly number[], scale = 1): number[] {
  const max = Math.max(...values);
  const exps = values.map((v) => Math.exp(scale * (v - max)));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((e) => e / sum);
}
