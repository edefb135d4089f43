import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ModelId, type ModelRevision, Revision } from "@sightline/shared/ids";
import type { TinyOfaChanges } from "@sightline/shared/testing/tiny-ofa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registryOptions } from "../../testing/registry-options.ts";
import { writeTinyOfa } from "../../testing/tiny-ofa-folder.ts";
import { isOf } from "../models.ts";
import { loadRegistry, type Registry } from "../registry.ts";
import type { Judged, OfaModel } from "./model.ts";

const builtIn = fileURLToPath(new URL("../../../../models", import.meta.url));
const call = () => ({
  lane: "interactive" as const,
  deadlineAt: performance.now() + 60_000,
  signal: new AbortController().signal,
});
const LONG = "a very long tale ".repeat(10);

async function opened(modelsDir: string, id: string): Promise<{ registry: Registry; model: OfaModel }> {
  const registry = await loadRegistry({ ...registryOptions(modelsDir), wanted: [id] });
  expect(registry.refused).toEqual([]);
  const [model] = registry.models.values();
  if (!model || !isOf(model, "ofa")) throw new Error("it is no OFA");
  return { registry, model };
}

async function tinyModels(changes: TinyOfaChanges = {}): Promise<string> {
  const modelsDir = await mkdtemp(join(tmpdir(), "ofa-"));
  await writeTinyOfa(modelsDir, "tiny", changes);
  return modelsDir;
}

const distance = (a: Judged, b: Judged) => Math.max(...a.scores.map((score, i) => Math.abs(score - b.scores[i]!)));
const plain = ({ imageSpec: { size } }: OfaModel, ...rgb: readonly number[]) =>
  Uint8Array.from({ length: size * size * 3 }, (_, i) => rgb[i % 3]!);

describe.each([
  { id: "tiny", folder: tinyModels },
  { id: "emoji-entail", folder: async () => builtIn },
])("the model $id", ({ id, folder }) => {
  let registry: Registry;
  let model: OfaModel;

  beforeAll(async () => {
    ({ registry, model } = await opened(await folder(), id));
  });
  afterAll(() => registry?.close());

  it("judges a pair alike alone and in a batch with longer ones, and long ones alone", async () => {
    const statements = ["a dog", "一只狗在草地上", "two cats on a sofa in front of a window", LONG].map(
      (hypothesis, i) => ({
        hypothesis,
        caption: i === 1 ? "a caption" : undefined,
      }),
    );
    const pictures = statements.map((_, i) => plain(model, 60 * i, 255 - 50 * i, 30));
    const batches = model.stats().pair.batches;
    const together = await Promise.all(statements.map((s, i) => model.about(s)(pictures[i]!, call())));
    expect(model.stats().pair.batches).toBe(batches + 1);
    for (const [i, statement] of statements.entries()) {
      const alone = await model.about(statement)(pictures[i]!, call());
      expect(distance(alone, together[i]!)).toBeLessThan(1e-4);
      expect(alone.scores.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      expect(alone.tokens).toBe(together[i]!.tokens);
    }
  });

  it("looks at the picture", async () => {
    const judge = model.about({ hypothesis: "it is red" });
    const [red, blue] = await Promise.all(
      [
        [255, 0, 0],
        [0, 0, 255],
      ].map((rgb) => judge(plain(model, ...rgb), call())),
    );
    expect(distance(red!, blue!)).toBeGreaterThan(1e-4);
  });

  it("tells whether words were cut, and says no word about a text that is too long", async () => {
    const few = "a ".repeat(80);
    const about = async (hypothesis: string) => model.about({ hypothesis })(plain(model, 9, 9, 9), call());
    expect((await about(few)).truncated).toBe(false);
    expect((await about(`${few}b`)).truncated).toBe(true);
    const long = "䴏".repeat(model.served.contextLength);
    for (const [param, statement] of [
      ["hypothesis", { hypothesis: long }],
      ["caption", { hypothesis: "a", caption: long }],
    ] as const)
      expect(() => model.about(statement)).toThrow(expect.objectContaining({ code: "text_too_long", param }));
  });

  it("refuses pixels of another size without asking the model", async () => {
    await expect(model.about({ hypothesis: "a" })(new Uint8Array(3), call())).rejects.toThrow(RangeError);
  });
});

describe("a registry of both families", () => {
  it("says which family a model is of, what it runs on, and lends it to nobody else", async () => {
    const modelsDir = await tinyModels();
    const { registry, model } = await opened(modelsDir, "tiny");
    try {
      expect(model.served).toMatchObject({ id: "tiny", family: "ofa", contextLength: 256, imageSize: 32 });
      expect(registry.report()).toMatchObject([
        { id: "tiny", graphs: { pair: { variant: "fp32", provider: { chosen: "cpu" }, alive: true, batches: 0 } } },
      ]);
      const wanted: ModelRevision = { id: ModelId.parse("tiny"), revision: Revision.parse("1") };
      await expect(registry.use("clip", wanted, async () => 1)).rejects.toMatchObject({
        code: "model_family_mismatch",
      });
      expect(await registry.use("ofa", wanted, async () => 1)).toBe(1);
    } finally {
      await registry.close();
      await rm(modelsDir, { recursive: true });
    }
  });
});

describe("a manifest's temperature", () => {
  it("softens the scores and changes what they are cached by", async () => {
    const dirs = await Promise.all([
      tinyModels(),
      tinyModels({ manifest: (manifest) => Object.assign(manifest, { temperature: 4 }) }),
    ]);
    const [sharp, soft] = await Promise.all(dirs.map((dir) => opened(dir, "tiny")));
    const judged = await Promise.all(
      [sharp!, soft!].map(({ model }) => model.about({ hypothesis: "a" })(plain(model, 255, 0, 0), call())),
    );
    expect(judged[1]!.scores[0]).toBeLessThan(judged[0]!.scores[0]! - 0.2);
    expect(soft!.model.served.preprocessing).not.toBe(sharp!.model.served.preprocessing);
    await Promise.all([sharp!.registry.close(), soft!.registry.close()]);
  });
});
