import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ModelRevision, modelRevisionKey } from "@sightline/shared/ids";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { registryOptions } from "../testing/registry-options.ts";
import {
  TINY,
  TINY_TOKENS,
  TINY_VOCABULARY,
  tinyManifest,
  tinyModelFiles,
  tinyTextTower,
  writeTinyModel,
} from "../testing/tiny-model.ts";
import type { ClipModel } from "./clip/model.ts";
import { isOf } from "./models.ts";
import { loadRegistry, type Registry, type RegistryOptions } from "./registry.ts";

const files = tinyModelFiles();
/** The same but for its text tower, so that vectors tell which revision made them. */
const otherFiles = {
  ...files,
  text: tinyTextTower(TINY, TINY_VOCABULARY, {
    projection: Float32Array.from({ length: TINY.dims ** 2 }, (_, i) => (i * 7) % 5),
  }),
};
let modelsDir: string;
let registry: Registry | undefined;

beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), "registry-"));
});
afterEach(async () => {
  await registry?.close();
  registry = undefined;
  await rm(modelsDir, { recursive: true });
});

async function load(options: Partial<RegistryOptions> = {}): Promise<Registry> {
  registry = await loadRegistry({ ...registryOptions(modelsDir), ...options });
  return registry;
}

const call = { lane: "interactive", deadlineAt: Number.MAX_VALUE, signal: new AbortController().signal } as const;
const ref = (key: string): ModelRevision => {
  const [id, revision] = key.split("@");
  return { id, revision } as ModelRevision;
};
const embed = (from: Registry, key: string, text = "a cat") =>
  from.use("clip", ref(key), async (model) => (await model.embedText(model.encode(text), call)).vector);
const keysOf = (from: Registry) => [...from.models.keys()];
const remove = (name: string) => rm(join(modelsDir, name), { recursive: true });

describe("loadRegistry", () => {
  it("serves what the manifest describes", async () => {
    await writeTinyModel(modelsDir, "tiny", files);
    const loaded = await load();
    expect(loaded.refused).toEqual([]);
    expect(loaded.served()).toMatchObject([
      { id: "tiny", revision: "1", family: "clip", dims: TINY.dims, logitScale: 10 },
    ]);
    const [model] = [...loaded.models.values()];
    expect(model!.imageSpec).toEqual({ size: TINY.size, resize: "squash", interpolation: "bicubic" });
    const tower = { variant: "fp32", provider: { chosen: "cpu", refused: [] }, alive: true, batches: 0 };
    const folder = join(modelsDir, "tiny");
    expect(loaded.report()).toMatchObject([
      { id: "tiny", revision: "1", folder, graphs: { image: tower, text: tower } },
    ]);
  });

  it("loads only what is wanted, and tells what of that it cannot serve", async () => {
    await mkdir(join(modelsDir, "training"));
    await writeTinyModel(modelsDir, "one", files);
    await writeTinyModel(modelsDir, "two", files);
    await writeTinyModel(modelsDir, "two@2", files);
    const loaded = await load({ wanted: ["two@2", "three"] });
    expect(keysOf(loaded)).toEqual(["two@2"]);
    expect(loaded.missing).toEqual(["three"]);
    expect(loaded.refused).toEqual([
      {
        id: "three",
        reason: `no folder of that name in ${modelsDir} holds a manifest.json; pull the model, or take it out of MODELS`,
      },
    ]);
  });

  it("misses nothing while one revision of what is wanted is served", async () => {
    await writeTinyModel(modelsDir, "tiny", files);
    await writeFile(join(await writeTinyModel(modelsDir, "tiny@2", files), "text.onnx"), "");
    const loaded = await load({ wanted: ["tiny"] });
    expect([loaded.missing, loaded.refused.map(({ id }) => id)]).toEqual([[], ["tiny@2"]]);
  });

  it("looks into several folders, of which some may not exist, and takes each revision once", async () => {
    await writeTinyModel(join(modelsDir, "built-in"), "tiny", files);
    await writeTinyModel(join(modelsDir, "pulled"), "tiny", files);
    await writeTinyModel(join(modelsDir, "pulled"), "tiny@2", files);
    const loaded = await load({ modelsDirs: ["built-in", "none", "pulled"].map((name) => join(modelsDir, name)) });
    expect(keysOf(loaded)).toEqual(["tiny@1", "tiny@2"]);
    expect(loaded.refused).toEqual([
      {
        id: "tiny",
        reason: `"tiny@1" is offered by ${join(modelsDir, "built-in", "tiny")} already; remove one of the two folders`,
      },
    ]);
  });

  it("prefers the revision of the folder that is named after the id alone, then the highest", async () => {
    for (const name of ["tiny@9", "tiny@10", "tiny@2", "another"]) await writeTinyModel(modelsDir, name, files);
    await writeTinyModel(modelsDir, "tiny", files, { ...tinyManifest("tiny@3", files) });
    expect(keysOf(await load())).toEqual(["another@1", "tiny@3", "tiny@10", "tiny@9", "tiny@2"]);
  });

  it("pads with the manifest's id", async () => {
    const manifest = tinyManifest("odd", files);
    await writeTinyModel(modelsDir, "even", files);
    await writeTinyModel(modelsDir, "odd", files, { ...manifest, text: { ...manifest.text, pad_id: TINY_TOKENS.end } });
    const { models } = await load();
    const together = (m: ClipModel) => Promise.all(["a", "a b c d e f"].map((t) => m.embedText(m.encode(t), call)));
    const [even, odd] = await Promise.all([...models.values()].filter((m) => isOf(m, "clip")).map(together));
    expect(odd![0]!.vector).not.toEqual(even![0]!.vector);
    expect(odd![1]!.vector).toEqual(even![1]!.vector);
  });
});

describe("reload", () => {
  it("loads a second revision while the first one answers, routes to each, and unloads what is gone", async () => {
    await writeTinyModel(modelsDir, "tiny", files);
    const serving = await load();
    const first = await embed(serving, "tiny@1");

    let swapped = false;
    let answers = 0;
    const flow = async () => {
      for (; !swapped; answers++) expect(await embed(serving, "tiny@1")).toEqual(first);
    };
    const flows = [flow(), flow(), flow()];
    await writeTinyModel(modelsDir, "tiny@2", otherFiles);
    const answersBefore = answers;
    await serving.reload();
    swapped = true;
    await Promise.all(flows);
    expect(answers).toBeGreaterThan(answersBefore);

    expect(serving.refused).toEqual([]);
    const second = await embed(serving, "tiny@2");
    expect(second).not.toEqual(first);
    expect(await embed(serving, "tiny@1")).toEqual(first);

    await remove("tiny");
    await serving.reload();
    expect(keysOf(serving)).toEqual(["tiny@2"]);
    await expect(embed(serving, "tiny@1")).rejects.toMatchObject({ code: "model_not_found" });
    expect(await embed(serving, "tiny@2")).toEqual(second);
  });

  it("unloads a model only when the work that uses it has ended", async () => {
    await writeTinyModel(modelsDir, "tiny", files);
    const messages: string[] = [];
    const serving = await load({
      log: { info: (_: unknown, m?: string) => void messages.push(m ?? ""), warn: () => {} },
    });
    const begun = Promise.withResolvers<void>();
    const decoded = Promise.withResolvers<void>();
    const work = serving.use("clip", ref("tiny@1"), async (model) => {
      begun.resolve();
      await decoded.promise;
      return model.embedText(model.encode("late"), call);
    });
    await begun.promise;
    await remove("tiny");
    await serving.reload();
    expect(keysOf(serving)).toEqual([]);
    expect(messages).not.toContain("model unloaded");
    decoded.resolve();
    expect((await work).vector.length).toBe(TINY.dims);
    await expect.poll(() => messages).toContain("model unloaded");
  });

  it("goes on with what a folder gave before, when it cannot be served any more", async () => {
    await writeTinyModel(modelsDir, "tiny", files);
    const serving = await load();
    const before = await embed(serving, "tiny@1");
    await writeTinyModel(modelsDir, "tiny", { ...otherFiles, text: files.text }, tinyManifest("tiny@2", otherFiles));
    await serving.reload();
    expect(keysOf(serving)).toEqual(["tiny@1"]);
    expect(serving.refused).toMatchObject([{ id: "tiny" }]);
    expect(await embed(serving, "tiny@1")).toEqual(before);

    await writeTinyModel(modelsDir, "tiny", otherFiles, tinyManifest("tiny@2", otherFiles));
    await serving.reload();
    expect([keysOf(serving), serving.refused]).toEqual([["tiny@2"], []]);
  });

  it("follows a folder that is renamed without loading it again, and makes the plain name the preferred one", async () => {
    await writeTinyModel(modelsDir, "tiny", files);
    await writeTinyModel(modelsDir, "tiny@2", otherFiles);
    const serving = await load();
    const models = serving.models;
    expect(keysOf(serving)).toEqual(["tiny@1", "tiny@2"]);
    await rename(join(modelsDir, "tiny"), join(modelsDir, "tiny@1"));
    await rename(join(modelsDir, "tiny@2"), join(modelsDir, "tiny"));
    await serving.reload();
    expect(keysOf(serving)).toEqual(["tiny@2", "tiny@1"]);
    for (const [key, model] of models) expect(serving.models.get(key)).toBe(model);
    expect(serving.report().map(({ folder }) => folder)).toEqual(["tiny", "tiny@1"].map((n) => join(modelsDir, n)));
  });

  it("refuses other files under a revision that is being served", async () => {
    await writeTinyModel(modelsDir, "tiny", files);
    const serving = await load();
    const before = await embed(serving, "tiny@1");
    await writeTinyModel(modelsDir, "tiny", otherFiles);
    await serving.reload();
    expect(serving.refused[0]?.reason).toMatch(
      /^revision "1" is being served with another manifest\.json, .*; give the/,
    );
    expect(await embed(serving, "tiny@1")).toEqual(before);
  });

  it.each(["fp16", "int8"])(
    "keeps a model to which %s is added beside what is loaded, or from which it is removed",
    async (other) => {
      const manifest = tinyManifest("tiny", files);
      const { image, text } = manifest;
      const more = {
        ...manifest,
        image: { ...image, files: { ...image.files, [other]: { ...image.files.fp32, path: "image_more.onnx" } } },
        text: { ...text, files: { ...text.files, [other]: { ...text.files.fp32, path: "text_more.onnx" } } },
      };
      await writeTinyModel(modelsDir, "tiny", files);
      const serving = await load();
      const model = serving.models.get("tiny@1");
      for (const changed of [more, manifest]) {
        await writeFile(join(modelsDir, "tiny", "manifest.json"), JSON.stringify(changed));
        await serving.reload();
        expect(serving.refused).toEqual([]);
        expect(serving.models.get("tiny@1")).toBe(model);
      }
    },
  );

  it("goes on with a variant that was removed, and says how to be served what is left", async () => {
    await writeTinyModel(modelsDir, "tiny", files);
    const serving = await load();
    const before = await embed(serving, "tiny@1");
    const manifest = tinyManifest("tiny", files);
    const left = { ...manifest, text: { ...manifest.text, files: { fp16: manifest.text.files.fp32 } } };
    await writeFile(join(modelsDir, "tiny", "manifest.json"), JSON.stringify(left));
    await serving.reload();
    expect(serving.refused.map(({ reason }) => reason)).toEqual([
      "the text graph is being served as fp32, which manifest.json does not list any more; " +
        "restart the server, which then takes what is left, or pull that variant again",
    ]);
    expect(await embed(serving, "tiny@1")).toEqual(before);
  });

  it("runs once after another, whatever comes meanwhile, and sees what was there when it was asked for", async () => {
    const serving = await load();
    await writeTinyModel(modelsDir, "one", files);
    const first = serving.reload();
    await Promise.resolve();
    await writeTinyModel(modelsDir, "two", files);
    await Promise.all([serving.reload(), serving.reload(), first]);
    expect(keysOf(serving)).toEqual(["one@1", "two@1"]);
    for (const [key, model] of serving.models) expect(modelRevisionKey(model.served)).toBe(key);
  });

  it("changes nothing if a folder of models cannot be read", async () => {
    await writeTinyModel(join(modelsDir, "models"), "tiny", files);
    const serving = await load({ modelsDirs: [join(modelsDir, "models")] });
    await rename(join(modelsDir, "models"), join(modelsDir, "elsewhere"));
    await writeFile(join(modelsDir, "models"), "a file");
    await expect(serving.reload()).rejects.toThrow("ENOTDIR");
    expect((await embed(serving, "tiny@1")).length).toBe(TINY.dims);
  });

  it("does nothing more once the registry is closed", async () => {
    await writeTinyModel(modelsDir, "tiny", files);
    const serving = await load();
    await writeTinyModel(modelsDir, "tiny@2", files);
    const reloading = serving.reload();
    await serving.close();
    await reloading;
    expect(keysOf(serving)).toEqual([]);
  });
});
