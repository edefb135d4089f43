/** PNG files put together by hand (RFC 2083), for tests: with sizes that are not true, or where no encoder is at hand. */

export interface PngParts {
  readonly width: number;
  readonly height: number;
  /** The zlib stream of the pixel data, whether or not it fits the size. */
  readonly pixels: Uint8Array;
  /** Chunks between the header and the pixels. */
  readonly chunks?: readonly (readonly [type: string, data: Uint8Array])[];
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const EIGHT_BIT_RGB = [8, 2, 0, 0, 0];

/** A PNG (8-bit RGB, not interlaced) whose header says what it is told to; all checksums are right. */
export function forgePng({ width, height, pixels, chunks = [] }: PngParts): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set(EIGHT_BIT_RGB, 8);
  const all = [["IHDR", header], ...chunks, ["IDAT", pixels], ["IEND", new Uint8Array()]] as const;
  return concat([Uint8Array.from(SIGNATURE), ...all.map(([type, data]) => chunk(type, data))]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = concat([new TextEncoder().encode(type), data]);
  const frame = new Uint8Array(body.length + 8);
  const view = new DataView(frame.buffer);
  view.setUint32(0, data.length);
  frame.set(body, 4);
  view.setUint32(4 + body.length, crc32(body));
  return frame;
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 of RFC 2083, §3.4. */
function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = (CRC_TABLE[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
