/** Pictures as photographs are, in pixels and in bytes; the same in every run. */
import sharp, { type Sharp } from "sharp";
import { seededRandom } from "./random.ts";

const COUNT = 256;
const WIDTH = 400;
const HEIGHT = 300;
/** Smooth blotches of this many pixels across, and grain: noise alone would compress as no photograph does. */
const BLOTCH = 10;
const GRAIN = 24;

/** The pictures that are sent: distinct JPEGs. */
export async function makeJpegs(): Promise<readonly Uint8Array[]> {
  const jpegs: Uint8Array[] = [];
  for (let seed = 1; seed <= COUNT; seed++) jpegs.push(await makeJpeg(seed));
  return jpegs;
}

const makeJpeg = async (seed: number): Promise<Uint8Array> =>
  (await photograph(WIDTH, HEIGHT, seed)).jpeg({ quality: 85 }).toBuffer();

/** A picture without a format yet. */
export async function photograph(width: number, height: number, seed: number): Promise<Sharp> {
  const random = seededRandom(seed);
  const coarse = { width: Math.ceil(width / BLOTCH), height: Math.ceil(height / BLOTCH), channels: 3 } as const;
  const blotches = Uint8Array.from({ length: coarse.width * coarse.height * 3 }, () => 256 * random());
  const smooth = await sharp(blotches, { raw: coarse })
    .resize(width, height, { fit: "fill", kernel: "cubic" })
    .raw()
    .toBuffer();
  const grainy = Uint8ClampedArray.from(smooth, (value) => value + GRAIN * (random() - 0.5));
  return sharp(grainy, { raw: { width, height, channels: 3 } });
}
