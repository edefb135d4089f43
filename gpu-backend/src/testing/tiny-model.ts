/** A dual encoder with random weights, small enough to be made for every test: a folder as the registry reads it. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { byteAlphabet } from "@sightline/shared/testing/byte-alphabet";
import { type Graph, type Node, onnxModel, type Port } from "@sightline/shared/testing/onnx";

export interface TinyShape {
  readonly size: number;
  readonly dims: number;
  readonly contextLength: number;
}

/** A name makes an axis dynamic, a number fixes it. */
type Axis = string | number;

export const TINY: TinyShape = { size: 8, dims: 16, contextLength: 12 };

/** mulberry32: the same weights in every run. @returns values in [−1, 1). */
function randomWeights(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

const outputPort = (dims: number, batch: Axis = "batch"): Port => ({
  name: "embedding",
  type: "float32",
  dims: [batch, dims],
});

/** ONNX's number for float32. */
const FLOAT32 = 1;

/** Patches of a quarter of the side are averaged, then projected. */
export function tinyImageTower({ size, dims }: TinyShape, input = "pixel_values"): Uint8Array {
  return onnxModel({
    inputs: [{ name: input, type: "float32", dims: ["batch", 3, size, size] }],
    ...averaged(size, dims, input, []),
  });
}

/** The same of bytes, height × width × channel, as they are. */
export function tinyByteTower({ size, dims }: TinyShape, input = "pixel_values"): Uint8Array {
  return onnxModel({
    inputs: [{ name: input, type: "uint8", dims: ["batch", size, size, 3] }],
    ...averaged(size, dims, "planes", [
      { op: "Cast", inputs: [input], output: "wide", attributes: { to: FLOAT32 } },
      { op: "Transpose", inputs: ["wide"], output: "planes", attributes: { perm: [0, 3, 1, 2] } },
    ]),
  });
}

function averaged(size: number, dims: number, planes: string, before: readonly Node[]): Omit<Graph, "inputs"> {
  const patch = size / 4;
  return {
    outputs: [outputPort(dims)],
    weights: [{ name: "projection", dims: [48, dims], data: randomWeights(48 * dims, 1) }],
    nodes: [
      ...before,
      {
        op: "AveragePool",
        inputs: [planes],
        output: "patches",
        attributes: { kernel_shape: [patch, patch], strides: [patch, patch] },
      },
      { op: "Flatten", inputs: ["patches"], output: "flat", attributes: { axis: 1 } },
      { op: "MatMul", inputs: ["flat", "projection"], output: "embedding" },
    ],
  };
}

/** The same with a hidden layer in between: 256 bytes of weights for each of its units. */
export function wideImageTower({ size, dims }: TinyShape, hidden: number): Uint8Array {
  return onnxModel({
    inputs: [{ name: "pixel_values", type: "float32", dims: ["batch", 3, size, size] }],
    outputs: [outputPort(dims)],
    weights: [
      { name: "widening", dims: [48, hidden], data: () => randomWeights(48 * hidden, 4) },
      { name: "narrowing", dims: [hidden, dims], data: () => randomWeights(hidden * dims, 5) },
    ],
    nodes: [
      {
        op: "AveragePool",
        inputs: ["pixel_values"],
        output: "patches",
        attributes: { kernel_shape: [size / 4, size / 4], strides: [size / 4, size / 4] },
      },
      { op: "Flatten", inputs: ["patches"], output: "flat", attributes: { axis: 1 } },
      { op: "MatMul", inputs: ["flat", "widening"], output: "wide" },
      { op: "MatMul", inputs: ["wide", "narrowing"], output: "embedding" },
    ],
  });
}

interface TextTowerOptions {
  readonly input?: string;
  readonly batch?: Axis;
  readonly sequence?: Axis;
  /** dims · dims. */
  readonly projection?: Float32Array;
}

/** Token embeddings are summed, then projected. Padding does not count: id 0 is embedded as zeros. */
export function tinyTextTower({ dims }: TinyShape, vocabulary: number, options: TextTowerOptions = {}): Uint8Array {
  const {
    input = "input_ids",
    batch = "batch",
    sequence = "sequence",
    projection = randomWeights(dims * dims, 3),
  } = options;
  const table = randomWeights(vocabulary * dims, 2).fill(0, 0, dims);
  return onnxModel({
    inputs: [{ name: input, type: "int64", dims: [batch, sequence] }],
    outputs: [outputPort(dims, batch)],
    weights: [
      { name: "table", dims: [vocabulary, dims], data: table },
      { name: "sequence_axis", dims: [1], data: BigInt64Array.of(1n) },
      { name: "projection", dims: [dims, dims], data: projection },
    ],
    nodes: [
      { op: "Gather", inputs: ["table", input], output: "embedded" },
      { op: "ReduceSum", inputs: ["embedded", "sequence_axis"], output: "summed", attributes: { keepdims: 0 } },
      { op: "MatMul", inputs: ["summed", "projection"], output: "embedding" },
    ],
  });
}

export const TINY_TOKENS = { pad: 0, start: 1, end: 2 } as const;
/** Three special tokens, each byte inside and at the end of a word, one merged token. */
export const TINY_VOCABULARY = 3 + 2 * 256 + 1;

/** CLIP's kind of tokenizer with one merge (`c a` → `ca`): lower-case, byte-level, end-of-word suffix. */
export function tinyTokenizer() {
  const bytes = byteAlphabet();
  const tokens = ["<pad>", "<start>", "<end>", ...bytes, ...bytes.map((b) => `${b}</w>`), "ca"];
  const special = (id: number) => ({
    id,
    content: tokens[id],
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  return {
    version: "1.0",
    // The registry's own context length counts, not these.
    truncation: { direction: "Right", max_length: 4, strategy: "LongestFirst", stride: 0 },
    padding: null,
    added_tokens: [special(TINY_TOKENS.pad), special(TINY_TOKENS.start), special(TINY_TOKENS.end)],
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: "\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+" }, behavior: "Removed", invert: true },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: ["<end>", TINY_TOKENS.end],
      cls: ["<start>", TINY_TOKENS.start],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: null,
    model: {
      type: "BPE",
      unk_token: "<end>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: ["c a"],
    },
  };
}

export interface TinyModelFiles {
  readonly image: Uint8Array;
  readonly text: Uint8Array;
  readonly tokenizer: Uint8Array;
}

export function tinyModelFiles(shape: TinyShape = TINY): TinyModelFiles {
  return {
    image: tinyImageTower(shape),
    text: tinyTextTower(shape, TINY_VOCABULARY),
    tokenizer: Buffer.from(JSON.stringify(tinyTokenizer())),
  };
}

const fileEntry = (path: string, bytes: Uint8Array) => ({
  path,
  bytes: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
});

/** The manifest that describes the files truly. @param name of the folder: `<id>` or `<id>@<revision>`. */
export function tinyManifest(name: string, files: TinyModelFiles, { size, dims, contextLength }: TinyShape = TINY) {
  const [id, revision = "1"] = name.split("@");
  return {
    id,
    revision,
    family: "clip",
    description: "Random weights, for tests.",
    license: "Apache-2.0",
    source: "made by the tests",
    dims,
    logit_scale: 10,
    default_template: "{}",
    image: {
      size,
      resize: "squash",
      interpolation: "bicubic",
      pixels: "float32_nchw",
      mean: [0.48, 0.46, 0.41],
      std: [0.27, 0.26, 0.28],
      input: "pixel_values",
      output: "embedding",
      files: { fp32: fileEntry("image.onnx", files.image) },
    },
    text: {
      context_length: contextLength,
      pad_id: TINY_TOKENS.pad,
      clean: "none",
      tokenizer: fileEntry("tokenizer.json", files.tokenizer),
      input: "input_ids",
      output: "embedding",
      files: { fp32: fileEntry("text.onnx", files.text) },
    },
  };
}

/** Writes `<modelsDir>/<name>`. @returns the folder. */
export async function writeTinyModel(
  modelsDir: string,
  name: string,
  files: TinyModelFiles = tinyModelFiles(),
  manifest: unknown = tinyManifest(name, files),
): Promise<string> {
  const folder = join(modelsDir, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "image.onnx"), files.image);
  await writeFile(join(folder, "text.onnx"), files.text);
  await writeFile(join(folder, "tokenizer.json"), files.tokenizer);
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
  return folder;
}
