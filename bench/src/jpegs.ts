/** The pictures that are sent: distinct JPEGs of a photograph's size in pixels and bytes, the same in every run. */
import sharp from "sharp";
import { seededRandom } from "./random.ts";

const COUNT = 256;
const WIDTH = 400;
const HEIGHT = 300;
/** Smooth blotches of this many pixels, enlarged: noise alone would compress as no photograph does. */
const COARSE = { width: 40, height: 30, channels: 3 } as const;
const GRAIN = 24;

export async function makeJpegs(): Promise<readonly Uint8Array[]> {
  const jpegs: Uint8Array[] = [];
  for (let seed = 1; seed <= COUNT; seed++) jpegs.push(await makeJpeg(seed));
  return jpegs;
}

async function makeJpeg(seed: number): Promise<Uint8Array> {
  const random = seededRandom(seed);
  const blotches = Uint8Array.from({ length: COARSE.width * COARSE.height * 3 }, () => 256 * random());
  const smooth = await sharp(blotches, { raw: COARSE })
    .resize(WIDTH, HEIGHT, { fit: "fill", kernel: "cubic" })
    .raw()
    .toBuffer();
  const grainy = Uint8ClampedArray.from(smooth, (value) => value + GRAIN * (random() - 0.5));
  return sharp(grainy, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}
