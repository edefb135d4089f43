/** Pictures for tests, made on the spot: what sharp can write, and by hand what it refuses to. */
import { crc32, deflateSync } from "node:zlib";
import type { Sharp } from "sharp";
import { sharp } from "./libvips.ts";

export type Pixel = (x: number, y: number) => readonly number[];

/** A busy, reproducible pattern; preprocess.test.ts compares against Pillow on the very same one. */
export const pattern: Pixel = (x, y) => [0, 1, 2].map((c) => (x * 37 + y * 91 + c * 53 + ((x * y) % 29) * 5) % 256);

/** A picture of 8-bit pixels, ready to be written in any format. */
export function draw(width: number, height: number, pixel: Pixel = pattern): Sharp {
  const channels = pixel(0, 0).length as 3 | 4;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(pixel(x, y), (y * width + x) * channels);
  }
  return sharp(data, { raw: { width, height, channels } });
}

/** Three frames: the pattern, then black, then white. */
export async function drawAnimation(width: number, height: number): Promise<Sharp> {
  const frames = [pattern, () => [0, 0, 0], () => [255, 255, 255]].map((pixel) =>
    draw(width, height, pixel).png().toBuffer(),
  );
  return sharp(await Promise.all(frames), { join: { animated: true } });
}

/** One file of each accepted format, and of the variants that decoders treat differently. */
export async function drawEveryFormat(width: number, height: number): Promise<Record<string, Buffer>> {
  const picture = draw(width, height);
  const animation = await drawAnimation(width, height);
  return {
    jpeg: await picture.clone().jpeg().toBuffer(),
    "progressive jpeg": await picture.clone().jpeg({ progressive: true }).toBuffer(),
    png: await picture.clone().png().toBuffer(),
    "interlaced png": await picture.clone().png({ progressive: true }).toBuffer(),
    "palette png": await picture.clone().png({ palette: true }).toBuffer(),
    webp: await picture.clone().webp().toBuffer(),
    "lossless webp": await picture.clone().webp({ lossless: true }).toBuffer(),
    "animated webp": await animation.clone().webp().toBuffer(),
    gif: await picture.clone().gif().toBuffer(),
    "animated gif": await animation.clone().gif().toBuffer(),
    avif: await picture.clone().avif({ effort: 0 }).toBuffer(),
  };
}

export interface PngParts {
  readonly width: number;
  readonly height: number;
  /** What the compressed pixel data holds, whether or not it fits the size; the default is none. */
  readonly inflated?: Uint8Array;
  /** Chunks between the header and the pixels. */
  readonly chunks?: readonly (readonly [type: string, data: Uint8Array])[];
}

/** A PNG (8-bit RGB) with a header that says what it likes. */
export function forgePng({ width, height, inflated, chunks = [] }: PngParts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    ...[
      ["IHDR", header] as const,
      ...chunks,
      ["IDAT", deflateSync(inflated ?? new Uint8Array())] as const,
      ["IEND", new Uint8Array()] as const,
    ].map(([type, data]) => pngChunk(type, data)),
  ]);
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
