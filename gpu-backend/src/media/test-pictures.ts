/** Pictures for tests, drawn on the spot with sharp. */
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

/** A progressive JPEG, 640 × 640, grey, of so many scans: each but the first says of all blocks in two bytes that nothing comes. */
export function forgeScans(scans: number): Buffer {
  const segment = (marker: number, ...data: readonly number[]) => [0xff, marker, 0, 2 + data.length, ...data];
  const oneCode = (tableClass: number, symbol: number) =>
    segment(0xc4, tableClass << 4, 1, ...new Array<number>(15).fill(0), symbol);
  const blocks = 80 * 80;
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...new Array<number>(64).fill(1)),
    ...segment(0xc2, 8, 640 >> 8, 640 & 0xff, 640 >> 8, 640 & 0xff, 1, 1, 0x11, 0),
    ...oneCode(0, 0),
    // «From here on 4096 blocks, and as many more as the next twelve bits say, are empty.»
    ...oneCode(1, 0xc0),
    ...segment(0xda, 1, 1, 0, 0, 0, 0),
    ...new Array<number>(blocks / 8).fill(0),
    ...Array.from({ length: scans - 1 }, () => [
      ...segment(0xda, 1, 1, 0, 1, 63, 0),
      (blocks - 4096) >> 5,
      (((blocks - 4096) << 3) & 0xff) | 0b111,
    ]).flat(),
    ...[0xff, 0xd9],
  ]);
}

/** An AVIF of one item, as sharp writes it, with its frame so many times more, and so many zeros in front of each. */
export function repeatFrame(avif: Buffer, times: number, zeros: number): Buffer {
  // Version 0: sizes, one item of one part; then id, source, base offset, number of parts, offset, length.
  const iloc = avif.indexOf("iloc") + 8;
  const [offsetAt, lengthAt] = [iloc + 8, iloc + 18];
  const [offset, length] = [avif.readUInt32BE(offsetAt), avif.readUInt32BE(lengthAt)];
  const mdat = avif.indexOf("mdat", offset - 8) - 4;
  const item = avif.subarray(offset, offset + length);
  // Temporal delimiter (2 bytes), sequence header (as long as its second byte says), frame.
  const frame = item.subarray(4 + (item[3] ?? 0));
  const more = Array.from({ length: times }, () => Buffer.concat([Buffer.alloc(zeros), frame]));
  const forged = Buffer.concat([avif.subarray(0, offset + length), ...more]);
  forged.writeUInt32BE(forged.length - offset, lengthAt);
  forged.writeUInt32BE(forged.length - mdat, mdat);
  return forged;
}
