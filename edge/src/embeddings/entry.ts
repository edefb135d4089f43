/** One cached embedding: the vector's bytes exactly as the backend gave them, so that a hit and a miss answer alike. */
import { base64ToBytes, bytesToBase64, vectorFromBytes } from "@sightline/shared/vectors";

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

/** Four bytes of header (tokens in 31 bits, the truncation flag in the lowest) before the vector, as base64. */
export function encodeEntry({ bytes, tokens, truncated }: Embedded): string {
  const out = new Uint8Array(HEADER_BYTES + bytes.length);
  new DataView(out.buffer).setUint32(0, tokens * 2 + (truncated ? 1 : 0), true);
  out.set(bytes, HEADER_BYTES);
  return bytesToBase64(out);
}

/** @returns undefined if the text is no entry of `dims` dimensions: a damaged cache value counts as a miss. */
export function decodeEntry(text: string, dims: number): Embedded | undefined {
  let raw: Uint8Array;
  try {
    raw = base64ToBytes(text);
  } catch {
    return undefined;
  }
  if (raw.length !== HEADER_BYTES + dims * 4) return undefined;
  const header = new DataView(raw.buffer, raw.byteOffset).getUint32(0, true);
  return { bytes: raw.slice(HEADER_BYTES), tokens: header >>> 1, truncated: (header & 1) === 1 };
}
