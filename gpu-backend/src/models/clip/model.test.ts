import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dot } from "@sightline/shared/vectors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyModel } from "../../testing/tiny-model.ts";
import { isOf } from "../models.ts";
import { loadRegistry, type Registry } from "../registry.ts";
import type { ClipModel, Embedded } from "./model.ts";

const BATCH = 32;
const builtIn = fileURLToPath(new URL("../../../../models", import.meta.url));

async function tinyModels(): Promise<string> {
  const modelsDir = await mkdtemp(join(tmpdir(), "model-"));
  await writeTinyModel(modelsDir, "tiny");
  return modelsDir;
}

const call = () => ({
  lane: "interactive" as const,
  deadlineAt: performance.now() + 60_000,
  signal: new AbortController().signal,
});

/** Largest difference between two vectors' numbers. */
const distance = (a: Embedded, b: Embedded) => Math.max(...a.vector.map((v, i) => Math.abs(v - b.vector[i]!)));

describe.each([
  { id: "tiny", folder: tinyModels },
  { id: "emoji-dual", folder: async () => builtIn },
])("the model $id", ({ id, folder }) => {
  let registry: Registry;
  let model: ClipModel;

  beforeAll(async () => {
    registry = await loadRegistry({
      modelsDirs: [await folder()],
      wanted: [id],
      variants: ["int8", "fp16", "fp32"],
      engine: {
        providers: ["cpu"],
        threads: 1,
        maxImageBatch: BATCH,
        maxTextBatch: BATCH,
        maxPairBatch: BATCH,
        maxQueue: 256,
      },
      log: { info: () => {}, warn: () => {} },
      now: () => performance.now(),
    });
    expect(registry.refused).toEqual([]);
    const [loaded] = registry.models.values();
    if (!loaded || !isOf(loaded, "clip")) throw new Error("it is no CLIP");
    model = loaded;
  });
  afterAll(() => registry?.close());

  const pixels = (seed: number) =>
    Uint8Array.from({ length: model.imageSpec.size ** 2 * 3 }, (_, i) => ((i * (seed + 3)) ^ (i >> 5)) + seed * 40);

  it("gives an image the same unit vector alone and in a batch", async () => {
    const images = Array.from({ length: BATCH }, (_, i) => pixels(i));
    const batches = model.stats().image.batches;
    const together = await Promise.all(images.map((rgb) => model.embedPixels(rgb, call())));
    expect(model.stats().image.batches).toBe(batches + 1);
    for (const [i, rgb] of images.entries()) {
      const alone = await model.embedPixels(rgb, call());
      expect(distance(alone, together[i]!)).toBeLessThan(1e-5);
      expect(dot(alone.vector, alone.vector)).toBeCloseTo(1, 5);
      expect(alone.vector.length).toBe(model.served.dims);
      expect([alone.tokens, alone.truncated]).toEqual([0, false]);
    }
  });

  it("gives a text the same unit vector alone and padded to a longer one", async () => {
    const texts = Array.from({ length: BATCH }, (_, i) => `a${" red apple".repeat(i % 8)} ${i}`);
    const together = await Promise.all(texts.map((text) => model.embedText(model.encode(text), call())));
    for (const [i, text] of texts.entries()) {
      const alone = await model.embedText(model.encode(text), call());
      expect(distance(alone, together[i]!)).toBeLessThan(1e-5);
      expect(dot(alone.vector, alone.vector)).toBeCloseTo(1, 5);
    }
  });

  it("counts a text's tokens and tells whether it was cut", async () => {
    const short = await model.embedText(model.encode("x"), call());
    expect(short).toMatchObject({ tokens: 3, truncated: false });
    const long = await model.embedText(model.encode("x ".repeat(model.served.contextLength)), call());
    expect(long).toMatchObject({ tokens: model.served.contextLength, truncated: true });
  });

  it("refuses pixels of another size without asking the model", async () => {
    await expect(model.embedPixels(new Uint8Array(3), call())).rejects.toThrow(RangeError);
  });
});
