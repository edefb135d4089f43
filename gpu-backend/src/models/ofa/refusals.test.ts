import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  TINY_OFA_VOCABULARY,
  type TinyOfaChanges,
  type TinyOfaManifest,
  type TinyOfaShape,
  tinyOfaGraph,
  tinyOfaTokenizer,
} from "@sightline/shared/testing/tiny-ofa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Provider } from "../../inference/providers.ts";
import { FILE_REMEDY, MANIFEST_REMEDY, type RefusalCase, reasonBesideAGoodOne } from "../../testing/refusals.ts";
import { registryOptions } from "../../testing/registry-options.ts";
import { writeTinyOfa } from "../../testing/tiny-ofa-folder.ts";
import { loadRegistry } from "../registry.ts";

let modelsDir: string;
beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), "ofa-refusals-"));
  await writeTinyOfa(modelsDir, "good");
});
afterEach(() => rm(modelsDir, { recursive: true }));

const made = (changes: TinyOfaChanges) => () => writeTinyOfa(modelsDir, "bad", changes);
const manifest = (change: (manifest: TinyOfaManifest) => unknown) => made({ manifest: change });
const graph = (shape: TinyOfaShape) => made({ graph: tinyOfaGraph(shape) });
const tokenizer = (change: object) =>
  made({ tokenizer: Buffer.from(JSON.stringify({ ...tinyOfaTokenizer(), ...change })) });
const damaged = (damage: (folder: string) => Promise<unknown>) => async () =>
  damage(await writeTinyOfa(modelsDir, "bad"));

const GRAPH_REMEDY = `; manifest.json's "image", "text" and "output" have to describe it`;
const TOKENIZER_REMEDY = "; it has to be the tokenizer of the model";

describe("an OFA is refused with one line, and the others are served, if", () => {
  it.each<RefusalCase>([
    [
      "its manifest is that of a dual encoder",
      manifest((m) => Object.assign(m, { family: "clip" })),
      /^manifest\.json: (dims|logit_scale|default_template|image\.output)/,
      MANIFEST_REMEDY,
    ],
    [
      "its manifest has a field that is unknown",
      manifest(({ text }) => Object.assign(text, { casing: "lower" })),
      /^manifest\.json: text: .*"casing"$/,
      MANIFEST_REMEDY,
    ],
    [
      "its manifest lacks a field",
      manifest(({ text }) => Reflect.deleteProperty(text, "lengths")),
      /^manifest\.json: text\.lengths: /,
      MANIFEST_REMEDY,
    ],
    [
      "its texts are cleaned in a way that is unknown",
      manifest(({ text }) => Object.assign(text, { clean: "open_clip" })),
      /^manifest\.json: text\.clean: /,
      MANIFEST_REMEDY,
    ],
    [
      "its answers are others",
      manifest((m) => Object.assign(m, { answers: ["no", "yes", "maybe"] })),
      /^manifest\.json: answers\.0: /,
      MANIFEST_REMEDY,
    ],
    [
      "its temperature is zero",
      manifest((m) => Object.assign(m, { temperature: 0 })),
      /^manifest\.json: temperature: /,
      MANIFEST_REMEDY,
    ],
    [
      "its prompt has no place for the hypothesis",
      manifest(({ prompts }) => Object.assign(prompts, { without_caption: " is it so?" })),
      /^manifest\.json: prompts\.without_caption: a prompt holds \{hypothesis\} once each, and no other place$/,
      MANIFEST_REMEDY,
    ],
    [
      "its prompt for captions has none for the caption",
      manifest(({ prompts }) => Object.assign(prompts, { with_caption: " {hypothesis} {hypothesis}" })),
      /^manifest\.json: prompts\.with_caption: a prompt holds \{hypothesis\} and \{caption\} once each/,
      MANIFEST_REMEDY,
    ],
    [
      "no variant of it may be loaded",
      manifest((m) => Object.assign(m, { files: { fp16: m.files.fp32 } })),
      /^the pair graph has none of the variants int8, fp32$/,
      "; it has fp16: name one in MODEL_VARIANTS",
    ],
    [
      "its graph is missing",
      damaged((folder) => rm(join(folder, "model.onnx"))),
      /^manifest\.json: model\.onnx is missing$/,
      FILE_REMEDY,
    ],
    [
      "its tokenizer has another length",
      damaged((folder) => appendFile(join(folder, "tokenizer.json"), " ")),
      /^manifest\.json: tokenizer\.json has \d+ bytes, not \d+$/,
      FILE_REMEDY,
    ],
    [
      "a byte of its graph was changed",
      damaged((folder) =>
        writeFile(
          join(folder, "model.onnx"),
          tinyOfaGraph().map((b, i) => (i === 700 ? b ^ 1 : b)),
        ),
      ),
      /^manifest\.json: model\.onnx has SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}$/,
      FILE_REMEDY,
    ],
    [
      "its graph has other inputs",
      graph({ inputs: ["patch_images", "input_ids", "attention_mask"] }),
      /^model\.onnx: the graph's inputs are \[patch_images, input_ids, attention_mask\], the manifest's are "patch_images", "input_ids", "lengths"$/,
      GRAPH_REMEDY,
    ],
    [
      "its tensors are mixed up",
      manifest(({ text }) => Object.assign(text, { input: "lengths", lengths: "input_ids" })),
      /^model\.onnx: the warm-up with one pair failed: /,
      GRAPH_REMEDY,
    ],
    [
      "its pictures are fed as texts",
      graph({ inputs: ["input_ids", "patch_images", "lengths"] }),
      /^model\.onnx: input "patch_images" is int64, not float32$/,
      GRAPH_REMEDY,
    ],
    [
      "it gives another output",
      manifest((m) => Object.assign(m, { output: "logits" })),
      /^model\.onnx: the graph's outputs are \[scores\], the manifest's is "logits"$/,
      GRAPH_REMEDY,
    ],
    [
      "it is for images of another size",
      graph({ size: 64 }),
      /^model\.onnx: input "patch_images" is \[batch,3,64,64\], the manifest's image size makes it \[batch,3,32,32\]$/,
      GRAPH_REMEDY,
    ],
    [
      "it is for another context length",
      graph({ length: 77 }),
      /^model\.onnx: input "input_ids" is \[batch,77\], the manifest's context length is 256$/,
      GRAPH_REMEDY,
    ],
    [
      "it takes no batch as large as may come",
      graph({ batch: 1 }),
      /^model\.onnx: the warm-up with the padding, 1 failed: .*invalid dimensions/,
      GRAPH_REMEDY,
    ],
    [
      "it knows fewer tokens than its tokenizer",
      graph({ vocabulary: TINY_OFA_VOCABULARY - 1 }),
      /^model\.onnx: the warm-up with the tokenizer's highest id, 259 failed: .*out of data bounds/,
      GRAPH_REMEDY,
    ],
    [
      "it does not know the padding",
      manifest(({ text }) => Object.assign(text, { pad_id: TINY_OFA_VOCABULARY })),
      /^model\.onnx: the warm-up with the padding, 260 failed: .*out of data bounds/,
      GRAPH_REMEDY,
    ],
    [
      "its scores are no probabilities",
      graph({ sum: 2 }),
      /^model\.onnx: the warm-up with one pair failed: the model gave \[.*\], which are no probabilities$/,
      GRAPH_REMEDY,
    ],
    [
      "its scores are no numbers",
      graph({ sureness: Number.NaN }),
      /^model\.onnx: the warm-up with one pair failed: the model gave \[NaN, NaN, NaN\], which are no probabilities$/,
      GRAPH_REMEDY,
    ],
    [
      "its graph is a truncated ONNX file",
      made({ graph: tinyOfaGraph().subarray(0, 2000) }),
      /^model\.onnx: .*(parsing|Protobuf)/,
      GRAPH_REMEDY,
    ],
    [
      "its tokenizer is none",
      made({ tokenizer: Buffer.from("<html>not found</html>") }),
      /^tokenizer\.json: .*JSON/,
      TOKENIZER_REMEDY,
    ],
    [
      "its tokenizer adds no special tokens",
      tokenizer({ post_processor: null }),
      /^tokenizer\.json: it puts no start and end token around a text$/,
      TOKENIZER_REMEDY,
    ],
    [
      "its tokenizer adds other special tokens",
      manifest(({ text }) => Object.assign(text, { begin_id: 3 })),
      /^tokenizer\.json: it puts \[0, 2\] around a text, and the manifest's tokens are \[3, 2\]$/,
      TOKENIZER_REMEDY,
    ],
  ])("%s", async (_, arrange, reason, remedy) => {
    await arrange();
    const said = await reasonBesideAGoodOne(modelsDir);
    expect(said).not.toContain("\n");
    expect(said?.slice(-remedy.length)).toBe(remedy);
    expect(said?.slice(0, -remedy.length)).toMatch(reason);
  });

  it("it does not fit into memory", async () => {
    await writeTinyOfa(modelsDir, "bad", { graph: tinyOfaGraph({ vocabulary: 50_000 }) });
    expect(await reasonBesideAGoodOne(modelsDir, { freeBytes: () => 1_000_000 })).toMatch(
      /^loading model\.onnx takes about \d+\.\d MB, and 1\.0 MB are free; give the process more memory/,
    );
  });

  it("its largest batch does not fit beside it, where the batch would lie in this memory", async () => {
    const options = registryOptions(modelsDir);
    const reasons = async (...providers: Provider[]) => {
      const engine = { ...options.engine, providers, maxPairBatch: 400 };
      const registry = await loadRegistry({ ...options, engine, freeBytes: () => 5 * tinyOfaGraph().length });
      await registry.close();
      return registry.refused.map(({ reason }) => reason);
    };
    expect(await reasons("cpu")).toEqual([expect.stringMatching(/^loading model\.onnx takes about/)]);
    // There is no GPU in a test, so the CPU it is in the end.
    expect(await reasons("cuda", "cpu")).toEqual([]);
  });
});
