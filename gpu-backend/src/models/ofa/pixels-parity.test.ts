/** The pixels that OFA is shown against its reference's; models/parity/pixels.py made them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openImage } from "../../media/decode.ts";
import { sharp } from "../../media/libvips.ts";
import { preprocess } from "../preprocess.ts";

const REFERENCE = ".480.webp";
const folder = fileURLToPath(new URL("../../../fixtures/pixels/", import.meta.url));
const names = readdirSync(folder).flatMap((name) =>
  name.endsWith(REFERENCE) ? [name.slice(0, -REFERENCE.length)] : [],
);

it("there are some to compare, of which two are transparent", () => {
  expect(names.length).toBeGreaterThanOrEqual(5);
  expect(names.filter((name) => /alpha|transparent/.test(name)).length).toBeGreaterThanOrEqual(2);
});

it.each(names)("sees %s as Pillow does: squashed, and transparency dropped first", async (name) => {
  const spec = { size: 480, resize: "squash", interpolation: "bicubic", alpha: "dropped first" } as const;
  const ours = await preprocess(await openImage(readFileSync(join(folder, name))), spec);
  const theirs = await sharp(readFileSync(join(folder, name + REFERENCE)))
    .removeAlpha()
    .raw()
    .toBuffer();
  expect(ours).toHaveLength(theirs.length);
  let sum = 0;
  let most = 0;
  for (const [at, value] of ours.entries()) {
    const difference = Math.abs(value - theirs[at]!);
    sum += difference;
    most = Math.max(most, difference);
  }
  // Rounding is left, and JPEG's shrinking on load.
  expect(sum / ours.length).toBeLessThan(0.6);
  expect(most).toBeLessThanOrEqual(12);
});
