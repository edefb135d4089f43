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
