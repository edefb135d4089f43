import { expect, it } from "vitest";
import { openImage } from "./decode.ts";
import { sharp } from "./libvips.ts";
import { draw } from "./test-pictures.ts";
import { makeThumbnail } from "./thumbnail.ts";

const thumbnailOf = async (file: Buffer): Promise<Uint8Array> => makeThumbnail(await openImage(file));

it.each([
  [1200, 600, 512, 256],
  [600, 1200, 256, 512],
  [100, 30, 100, 30],
  [1, 20_000, 1, 512],
  [20_000, 1, 512, 1],
])("makes %i × %i pixels a WebP of %i × %i", async (width, height, ...expected) => {
  const file = await draw(width, height, () => [1, 2, 3])
    .png()
    .toBuffer();
  const thumbnail = await sharp(await thumbnailOf(file)).metadata();
  expect([thumbnail.format, thumbnail.width, thumbnail.height]).toEqual(["webp", ...expected]);
});

it("keeps transparency", async () => {
  const file = await draw(40, 40, (x) => [200, 100, 50, x < 20 ? 0 : 255])
    .png()
    .toBuffer();
  const { data, info } = await sharp(await thumbnailOf(file))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.channels, data[3], data.at(-1)]).toEqual([4, 0, 255]);
});

it("turns the picture upright and forgets where it came from", async () => {
  const file = await draw(40, 20)
    .withIccProfile("p3")
    .withExif({ IFD0: { Artist: "someone" } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const { width, height, orientation, exif, icc, xmp } = await sharp(await thumbnailOf(file)).metadata();
  expect({ width, height, orientation, exif, icc, xmp }).toEqual({ width: 20, height: 40 });
});
