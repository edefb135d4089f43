/**
 * A model with OFA's signature whose answers a test can foresee: it says yes to red, no to green and maybe to blue, the surer
 * the purer the colour; what is said of the picture moves the scores a little. Small enough to be made for every test.
 */
import { sha256Hex } from "../digest.ts";
import { byteAlphabet } from "./byte-alphabet.ts";
import { onnxModel } from "./onnx.ts";

const SIZE = 32;
const CONTEXT_LENGTH = 256;
const SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"];
/** Each byte is a token. */
export const TINY_OFA_VOCABULARY = SPECIAL.length + 256;

/** How much a colour counts; the text's tokens count for at most one of it together. */
const COLOUR = 3;

export interface TinyOfaShape {
  readonly size?: number;
  readonly vocabulary?: number;
  /** A name makes an axis dynamic, a number fixes it. */
  readonly batch?: string | number;
  readonly length?: string | number;
  readonly inputs?: readonly [pictures: string, ids: string, lengths: string];
  /** Multiplies the logits. */
  readonly sureness?: number;
  /** Sums the scores up to this. */
  readonly sum?: number;
}

/** `patch_images` f32[B,3,S,S], `input_ids` i64[B,T], `lengths` i64[B] → `scores` f32[B,3]. */
export function tinyOfaGraph(shape: TinyOfaShape = {}): Uint8Array {
  const {
    size = SIZE,
    vocabulary = TINY_OFA_VOCABULARY,
    batch = "batch",
    length = "length",
    inputs: [pictures, ids, lengths] = ["patch_images", "input_ids", "lengths"],
    sureness = 1,
    sum = 1,
  } = shape;
  const moods = Float32Array.from({ length: vocabulary * 3 }, (_, i) => Math.sin(i * 1.7));
  const colours = Float32Array.from({ length: 9 }, (_, i) => (i % 4 === 0 ? COLOUR * sureness : 0));
  const integer = (name: string, value: bigint, dims: readonly number[] = []) => ({
    name,
    dims,
    data: BigInt64Array.of(value),
  });
  return onnxModel({
    inputs: [
      { name: pictures, type: "float32", dims: [batch, 3, size, size] },
      { name: ids, type: "int64", dims: [batch, length] },
      { name: lengths, type: "int64", dims: [batch] },
    ],
    outputs: [{ name: "scores", type: "float32", dims: [batch, 3] }],
    weights: [
      { name: "moods", dims: [vocabulary, 3], data: moods },
      { name: "colours", dims: [3, 3], data: colours },
      { name: "sum", dims: [1], data: Float32Array.of(sum) },
      integer("zero", 0n),
      integer("one", 1n),
      integer("first axis", 1n, [1]),
      integer("last axis", 2n, [1]),
    ],
    nodes: [
      { op: "GlobalAveragePool", inputs: [pictures], output: "averages" },
      { op: "Flatten", inputs: ["averages"], output: "average", attributes: { axis: 1 } },
      { op: "MatMul", inputs: ["average", "colours"], output: "seen" },
      // Which tokens count: those whose place is less than the row's length.
      { op: "Shape", inputs: [ids], output: "shape" },
      { op: "Gather", inputs: ["shape", "one"], output: "width" },
      { op: "Range", inputs: ["zero", "width", "one"], output: "places" },
      { op: "Unsqueeze", inputs: [lengths, "first axis"], output: "ends" },
      { op: "Less", inputs: ["places", "ends"], output: "counts" },
      { op: "Cast", inputs: ["counts"], output: "weights", attributes: { to: 1 } },
      { op: "Unsqueeze", inputs: ["weights", "last axis"], output: "mask" },
      { op: "Gather", inputs: ["moods", ids], output: "tokens" },
      { op: "Mul", inputs: ["tokens", "mask"], output: "read" },
      { op: "ReduceSum", inputs: ["read", "first axis"], output: "mood", attributes: { keepdims: 0 } },
      { op: "Tanh", inputs: ["mood"], output: "said" },
      { op: "Add", inputs: ["seen", "said"], output: "logits" },
      { op: "Softmax", inputs: ["logits"], output: "shares" },
      { op: "Mul", inputs: ["shares", "sum"], output: "scores" },
    ],
  });
}

/** `<s> … </s>` around the bytes of a text, in the shape in which models/export writes OFA's. */
export function tinyOfaTokenizer() {
  const tokens = [...SPECIAL, ...byteAlphabet()];
  const special = (token: string) => ({ id: token, ids: [tokens.indexOf(token)], tokens: [token] });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: "TemplateProcessing",
      single: [
        { SpecialToken: { id: "<s>", type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { SpecialToken: { id: "</s>", type_id: 0 } },
      ],
      pair: [],
      special_tokens: { "<s>": special("<s>"), "</s>": special("</s>") },
    },
    decoder: null,
    model: {
      type: "BPE",
      unk_token: "<unk>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: [],
    },
  };
}

/** The manifest that describes the files truly. @param name of the folder: `<id>` or `<id>@<revision>`. */
async function manifestOf(name: string, graph: Uint8Array, tokenizer: Uint8Array) {
  const [id, revision = "1"] = name.split("@");
  const entry = async (path: string, bytes: Uint8Array) => ({
    path,
    bytes: bytes.length,
    sha256: await sha256Hex(bytes),
  });
  return {
    id,
    revision,
    family: "ofa",
    description: "Foreseeable answers, for tests.",
    license: "Apache-2.0",
    source: "made by the tests",
    image: {
      size: SIZE,
      resize: "squash",
      interpolation: "bicubic",
      pixels: "float32_nchw",
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      input: "patch_images",
    },
    text: {
      context_length: CONTEXT_LENGTH,
      max_words: 80,
      begin_id: 0,
      pad_id: 1,
      end_id: 2,
      clean: "ofa",
      tokenizer: await entry("tokenizer.json", tokenizer),
      input: "input_ids",
      lengths: "lengths",
    },
    prompts: {
      without_caption: ' does the image describe " {hypothesis} "?',
      with_caption: ' can image and text1 " {caption} " imply text2 " {hypothesis} "?',
    },
    answers: ["yes", "no", "maybe"],
    temperature: 1,
    output: "scores",
    files: { fp32: await entry("model.onnx", graph) },
  };
}
export type TinyOfaManifest = Awaited<ReturnType<typeof manifestOf>>;

export interface TinyOfaChanges {
  readonly graph?: Uint8Array;
  readonly tokenizer?: Uint8Array;
  /** Changes the manifest after it was made of the files. */
  readonly manifest?: (manifest: TinyOfaManifest) => unknown;
}

/** @returns the files of the model's folder, by name. */
export async function tinyOfa(name: string, changes: TinyOfaChanges = {}): Promise<ReadonlyMap<string, Uint8Array>> {
  const utf8 = new TextEncoder();
  const { graph = tinyOfaGraph(), tokenizer = utf8.encode(JSON.stringify(tinyOfaTokenizer())) } = changes;
  const manifest = await manifestOf(name, graph, tokenizer);
  changes.manifest?.(manifest);
  return new Map([
    ["model.onnx", graph],
    ["tokenizer.json", tokenizer],
    ["manifest.json", utf8.encode(JSON.stringify(manifest))],
  ]);
}
