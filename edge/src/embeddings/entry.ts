/** One cached embedding: the vector's bytes exactly as the backend gave them, so that a hit and a miss answer alike. */
import { vectorFromBytes } from "@sightline/shared/vectors";

export interface Embedded {
  /** Little-endian float32, L2-normalised. */
  readonly bytes: Uint8Array;
  /** Tokens of the text, special tokens included; 0 for an image. */
  readonly tokens: number;
  /** The text was longer than the model's context. */
  readonly truncated: boolean;
}

const HEADER_BYTES = 4;

export const vectorOf = (entry: Embedded): Float32Array => vectorFromBytes(entry.bytes);

/** Of the right length and without NaN or infinity: no other bytes may get into a cache, or out of one. */
export const isSound = (bytes: Uint8Array, dims: number): boolean =>
  bytes.byteLength === dims * 4 && vectorFromBytes(bytes).every((component) => Number.isFinite(component));

/** Four bytes of header (tokens in 31 bits, the truncation flag in the lowest) before the vector. */
export function encodeEntry({ bytes, tokens, truncated }: Embedded): Uint8Array {
  const value = new Uint8Array(HEADER_BYTES + bytes.length);
  new DataView(value.buffer).setUint32(0, tokens * 2 + (truncated ? 1 : 0), true);
  value.set(bytes, HEADER_BYTES);
  return value;
}

/** @returns undefined if the value is no entry of `dims` dimensions: a damaged one counts as a miss. */
export function decodeEntry(value: Uint8Array, dims: number): Embedded | undefined {
  const bytes = value.subarray(HEADER_BYTES);
  if (!isSound(bytes, dims)) return undefined;
  const header = new DataView(value.buffer, value.byteOffset).getUint32(0, true);
  return { bytes, tokens: header >>> 1, truncated: (header & 1) === 1 };
}
