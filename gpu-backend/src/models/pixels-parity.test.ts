/**
 * The service's pixels against those of open_clip's transform on Pillow, and what the difference does to a vector. The
 * pictures and the reference come from models/parity/pixels.py.
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { dot, normalise } from "@sightline/shared/vectors";
import { beforeAll, expect, it } from "vitest";
import { Session, spawnSessionWorker } from "../inference/session.ts";
import { openImage } from "../media/decode.ts";
import { sharp } from "../media/libvips.ts";
import { writeVitB32 } from "../testing/vit-b-32.ts";
import { preprocess } from "./preprocess.ts";

const REFERENCE = ".224.webp";

interface Bounds {
  /** Of 255. */
  readonly mean: number;
  readonly max: number;
  readonly cosine: number;
}

/** Both sides decode with libjpeg-turbo and filter with the same kernel: rounding is left, and JPEG's shrinking on load. */
const SAME: Bounds = { mean: 0.6, max: 12, cosine: 0.9998 };
/** Where alpha is 1 to 30 of 255, Pillow divides colours of as few bits by it: a difference of 1 becomes one of up to 255. */
const SEE_THROUGH: Bounds = { mean: 0.6, max: 255, cosine: 0.995 };
/** libvips converts inks by a colour profile, Pillow by 255 − ink: another picture, on purpose. */
const INKS: Bounds = { mean: 16, max: 64, cosine: 0.9 };

const boundsOf = (name: string): Bounds =>
  name.startsWith("cmyk") ? INKS : /alpha|transparent/.test(name) ? SEE_THROUGH : SAME;

const folder = fileURLToPath(new URL("../../fixtures/pixels/", import.meta.url));
const names = readdirSync(folder).filter((name) => !/\.\d+\.webp$/.test(name));
const compared = new Map<string, Bounds>();
let references: readonly Float32Array[];

beforeAll(async () => {
  const ours: Uint8Array[] = [];
  const pillows: Uint8Array[] = [];
  for (const name of names) {
    const image = await openImage(readFileSync(join(folder, name)));
    ours.push(await preprocess(image, { size: 224, resize: "shortest", interpolation: "bicubic" }));
    pillows.push(
      await sharp(readFileSync(join(folder, name + REFERENCE)))
        .removeAlpha()
        .raw()
        .toBuffer(),
    );
  }
  const vectors = await embed([...ours, ...pillows]);
  references = vectors.slice(names.length);
  for (const [i, name] of names.entries()) {
    const differences = Array.from(ours[i]!, (value, at) => Math.abs(value - pillows[i]![at]!));
    compared.set(name, {
      mean: differences.reduce((sum, difference) => sum + difference, 0) / differences.length,
      max: differences.reduce((max, difference) => Math.max(max, difference), 0),
      cosine: dot(vectors[i]!, references[i]!),
    });
  }
  const rows = [...compared].map(([name, { mean, max, cosine }]) =>
    [name.padEnd(24), mean.toFixed(3).padStart(7), String(max).padStart(4), cosine.toFixed(6)].join(" "),
  );
  console.log(["picture                     mean  max   cosine", ...rows].join("\n"));
}, 120_000);

/** @returns what a ViT-B/32 with generated weights makes of each, length 1. */
async function embed(pixels: readonly Uint8Array[]): Promise<readonly Float32Array[]> {
  const models = await mkdtemp(join(tmpdir(), "pixels-parity-"));
  try {
    const spec = await writeVitB32(models, "image");
    const log = { info: () => {}, warn: () => {} };
    const session = await Session.open(spec, { log, sleep: setTimeout, spawn: spawnSessionWorker });
    const vectors = await session.run(pixels);
    await session.close();
    for (const vector of vectors) normalise(vector);
    return vectors;
  } finally {
    await rm(models, { recursive: true });
  }
}

it("compares at least 25 pictures, and the model tells one from the next", () => {
  expect(names.length).toBeGreaterThanOrEqual(25);
  for (const [i, vector] of references.slice(1).entries()) {
    const same = names[i + 1]!.slice(0, 6) === names[i]!.slice(0, 6);
    if (!same) expect(dot(vector, references[i]!), names[i + 1]).toBeLessThan(0.98);
  }
});

it.each(names)("sees %s as Pillow does, within the bounds of its kind", (name) => {
  const { mean, max, cosine } = compared.get(name)!;
  const bounds = boundsOf(name);
  expect(mean).toBeLessThanOrEqual(bounds.mean);
  expect(max).toBeLessThanOrEqual(bounds.max);
  expect(cosine).toBeGreaterThanOrEqual(bounds.cosine);
});
