import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  TINY,
  TINY_TOKENS,
  TINY_VOCABULARY,
  tinyImageTower,
  tinyManifest,
  tinyModelFiles,
  tinyTextTower,
  writeTinyModel,
} from "../testing/tiny-model.ts";
import { loadRegistry, type Registry, type RegistryOptions } from "./registry.ts";

const files = tinyModelFiles();
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
  registry = await loadRegistry({
    modelsDirs: [modelsDir],
    wanted: "all",
    variants: ["int8", "fp32"],
    engine: { providers: ["cpu"], threads: 1, maxImageBatch: 8, maxTextBatch: 8, maxQueue: 64 },
    log: { info: () => {}, warn: () => {} },
    now: () => performance.now(),
    ...options,
  });
  return registry;
}

/** Loads a good model beside a bad one. @returns the reason why the bad one was refused. */
async function reasonBesideAGoodOne(): Promise<string | undefined> {
  await writeTinyModel(modelsDir, "good", files);
  const { models, refused } = await load();
  expect([...models.keys()]).toEqual(["good"]);
  expect(refused.map((r) => r.id)).toEqual(["bad"]);
  return refused[0]?.reason;
}

const changed = (change: (manifest: ReturnType<typeof tinyManifest>) => void, towers = files) => {
  const manifest = tinyManifest("bad", towers);
  change(manifest);
  return writeTinyModel(modelsDir, "bad", towers, manifest);
};

describe("loadRegistry", () => {
  it("serves what the manifest describes", async () => {
    await writeTinyModel(modelsDir, "tiny", files);
    const { models, refused } = await load();
    expect(refused).toEqual([]);
    const [model] = [...models.values()];
    expect(model!.served).toMatchObject({ id: "tiny", revision: "1", family: "clip", dims: TINY.dims, logitScale: 10 });
    expect(model!.imageSpec).toEqual({ size: TINY.size, resize: "squash", interpolation: "bicubic" });
    expect(model!.stats()).toMatchObject({ image: { provider: { chosen: "cpu" }, alive: true, batches: 0 } });
  });

  it("passes over folders without a manifest, and loads only what is wanted", async () => {
    await mkdir(join(modelsDir, "training"));
    await writeTinyModel(modelsDir, "one", files);
    await writeTinyModel(modelsDir, "two", files);
    const { models, refused } = await load({ wanted: ["two", "three"] });
    expect([...models.keys()]).toEqual(["two"]);
    expect(refused).toEqual([{ id: "three", reason: "there is no manifest.json" }]);
  });

  it("refuses a file that was changed", async () => {
    const folder = await writeTinyModel(modelsDir, "bad", files);
    const flipped = files.image.map((byte, i) => (i === 500 ? byte ^ 1 : byte));
    await writeFile(join(folder, "image.onnx"), flipped);
    expect(await reasonBesideAGoodOne()).toMatch(/^image\.onnx has SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}$/);
  });

  it("refuses a file of another length", async () => {
    const folder = await writeTinyModel(modelsDir, "bad", files);
    await appendFile(join(folder, "tokenizer.json"), " ");
    expect(await reasonBesideAGoodOne()).toMatch(/^tokenizer\.json has \d+ bytes, not \d+$/);
  });

  it("refuses a missing file", async () => {
    const folder = await writeTinyModel(modelsDir, "bad", files);
    await rm(join(folder, "text.onnx"));
    expect(await reasonBesideAGoodOne()).toBe("text.onnx is missing");
  });

  it("refuses a manifest that is not JSON", async () => {
    const folder = await writeTinyModel(modelsDir, "bad", files);
    await writeFile(join(folder, "manifest.json"), '{"id":');
    expect(await reasonBesideAGoodOne()).toMatch(/^not valid JSON/);
  });

  it("refuses a family that it does not know, and names the field", async () => {
    await changed((manifest) => Object.assign(manifest, { family: "gan" }));
    expect(await reasonBesideAGoodOne()).toMatch(/family/);
  });

  it("refuses a manifest of another model", async () => {
    await changed((manifest) => Object.assign(manifest, { id: "other" }));
    expect(await reasonBesideAGoodOne()).toBe('manifest.json is of the model "other"');
  });

  it("refuses a model without a variant that may be loaded", async () => {
    await changed(({ text }) => Object.assign(text, { files: { fp16: text.files.fp32 } }));
    expect(await reasonBesideAGoodOne()).toBe("the text tower has none of the variants int8, fp32");
  });

  it("refuses other tensor names", async () => {
    const towers = { ...files, text: tinyTextTower(TINY, TINY_VOCABULARY, "tokens") };
    await changed(() => {}, towers);
    expect(await reasonBesideAGoodOne()).toBe("the graph's inputs are [tokens], the manifest's is \"input_ids\"");
  });

  it("refuses vectors of other dimensions", async () => {
    const towers = { ...files, image: tinyImageTower({ ...TINY, dims: 24 }) };
    await changed(() => {}, towers);
    expect(await reasonBesideAGoodOne()).toBe('output "embedding" is [2,24], not [2,16]');
  });

  it("refuses a tower for images of another size", async () => {
    const towers = { ...files, image: tinyImageTower({ ...TINY, size: 16 }) };
    await changed(() => {}, towers);
    expect(await reasonBesideAGoodOne()).toMatch(/invalid dimensions/);
  });

  it("refuses a tower that knows fewer tokens than the tokenizer", async () => {
    const towers = { ...files, text: tinyTextTower(TINY, TINY_VOCABULARY - 1) };
    await changed(() => {}, towers);
    expect(await reasonBesideAGoodOne()).toMatch(/out of data bounds/);
  });

  it("refuses a tower that gives no finite vector", async () => {
    await changed(({ image }) => Object.assign(image, { std: [1e-300, 1, 1] }));
    expect(await reasonBesideAGoodOne()).toMatch(/^the model gave a vector of norm/);
  });

  it("refuses weights that are not ONNX", async () => {
    await changed(() => {}, { ...files, image: Buffer.from("not a model") });
    expect(await reasonBesideAGoodOne()).toMatch(/^no execution provider works: cpu \(/);
  });

  it("refuses a tokenizer that does not load", async () => {
    await changed(() => {}, { ...files, tokenizer: Buffer.from('{"model":{"type":"Telepathy"}}') });
    expect(await reasonBesideAGoodOne()).toBeTruthy();
  });

  it("pads with the manifest's id", async () => {
    await changed(({ text }) => Object.assign(text, { pad_id: TINY_TOKENS.end }));
    await writeTinyModel(modelsDir, "good", files);
    const { models } = await load();
    const [bad, good] = [...models.values()];
    const call = { lane: "interactive", deadlineAt: Number.MAX_VALUE, signal: new AbortController().signal } as const;
    const together = (m: typeof good) => Promise.all(["a", "a b c d e f"].map((t) => m!.embedText(t, call)));
    const [ours] = await together(good);
    const [theirs] = await together(bad);
    expect(theirs!.vector).not.toEqual(ours!.vector);
  });
});
