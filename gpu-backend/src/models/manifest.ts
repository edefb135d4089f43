/** `models/<id>/manifest.json`: what a model is, which files it consists of, and how its tensors are named and shaped. */
import { ModelId, Revision } from "@sightline/shared/ids";
import { z } from "zod";

/** Each segment starts with a letter or digit: no `..`, no absolute path, no hidden file can leave the model's folder. */
const RelativePath = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/, "a path stays inside the model's folder");

const ModelFile = z.strictObject({
  path: RelativePath,
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits"),
  url: z.url({ protocol: /^https$/ }).optional(),
});
export type ModelFile = z.infer<typeof ModelFile>;

/** Precision of a graph's weights. Inputs and outputs are float32 and int32/int64 whatever the variant. */
export const Variant = z.enum(["fp32", "fp16", "int8"]);
export type Variant = z.infer<typeof Variant>;

const Variants = z
  .partialRecord(Variant, ModelFile)
  .refine((files) => Object.keys(files).length > 0, "a graph has at least one file");
export type Variants = z.infer<typeof Variants>;

const TensorName = z.string().min(1);
const TokenId = z.int().nonnegative();
const PerChannel = z.tuple([z.number(), z.number(), z.number()]).readonly();
const PositivePerChannel = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).readonly();

const IMAGE = {
  size: z.int().min(1).max(2048),
  resize: z.enum(["shortest", "squash"]),
  interpolation: z.literal("bicubic"),
  background: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, "a background is #rrggbb")
    .optional(),
  /** `uint8_nhwc`: the graph takes bytes and normalises them itself; mean and deviation are then information only. */
  pixels: z.enum(["float32_nchw", "uint8_nhwc"]).default("float32_nchw"),
  mean: PerChannel,
  std: PositivePerChannel,
  input: TensorName,
};

const ImageTower = z.strictObject({ ...IMAGE, output: TensorName, files: Variants });

const TextTower = z.strictObject({
  // Two places are the special tokens' at either end.
  context_length: z.int().min(3).max(8192),
  pad_id: TokenId,
  /** What is done to a text before its tokenizer sees it: nothing, or what open_clip does (and instead of its normaliser). */
  clean: z.enum(["none", "open_clip"]).default("none"),
  tokenizer: ModelFile,
  input: TensorName,
  output: TensorName,
  files: Variants,
});

const Common = {
  id: ModelId,
  revision: Revision,
  description: z.string().min(1),
  license: z.string().min(1),
  source: z.string().min(1),
};

/** A dual encoder: two towers into one space. `logit_scale` multiplies cosines directly (it is `exp` of CLIP's parameter). */
export const ClipManifest = z.strictObject({
  ...Common,
  family: z.literal("clip"),
  dims: z.int().positive(),
  logit_scale: z.number().positive(),
  default_template: z.string().refine((t) => t.split("{}").length === 2, "a template holds {} exactly once"),
  image: ImageTower,
  text: TextTower,
});
export type ClipManifest = z.infer<typeof ClipManifest>;

const PromptTemplate = (...places: readonly string[]) =>
  z.string().refine(
    (template) => {
      const found: readonly string[] = template.match(/\{\w+\}/g) ?? [];
      return found.toSorted().join() === places.toSorted().join();
    },
    `a prompt holds ${places.join(" and ")} once each, and no other place`,
  );

/** A picture, a sentence and perhaps a caption to the probabilities of three answers: one graph, as models/export writes it. */
export const OfaManifest = z.strictObject({
  ...Common,
  family: z.literal("ofa"),
  image: z.strictObject(IMAGE),
  text: z.strictObject({
    context_length: z.int().min(3).max(8192),
    /** Of a hypothesis and of a caption, each: what comes after them is cut off. */
    max_words: z.int().positive(),
    begin_id: TokenId,
    pad_id: TokenId,
    end_id: TokenId,
    clean: z.literal("ofa"),
    tokenizer: ModelFile,
    input: TensorName,
    /** The input that says how many tokens of each row count. */
    lengths: TensorName,
  }),
  prompts: z.strictObject({
    without_caption: PromptTemplate("{hypothesis}"),
    with_caption: PromptTemplate("{hypothesis}", "{caption}"),
  }),
  answers: z.tuple([z.literal("yes"), z.literal("no"), z.literal("maybe")]),
  /** Information only: the graph has these three rows of the vocabulary and no others. */
  answer_ids: z.tuple([TokenId, TokenId, TokenId]).optional(),
  /** Divides the logits behind the scores; above 1 it makes them less sure. Fitted on held-out data, or absent. */
  temperature: z.number().positive().default(1),
  output: TensorName,
  files: Variants,
});
export type OfaManifest = z.infer<typeof OfaManifest>;

/** One member per family; a folder whose family is not here is refused by the registry. */
export const Manifest = z.discriminatedUnion("family", [ClipManifest, OfaManifest]);
export type Manifest = z.infer<typeof Manifest>;

/** What the parts of a model are called that are sessions of their own, and the files of each. */
export function graphsOf(manifest: Manifest): Readonly<Record<string, Variants>> {
  return manifest.family === "clip"
    ? { image: manifest.image.files, text: manifest.text.files }
    : { pair: manifest.files };
}

/** The same model with other files of its graphs, named as by `graphsOf`. */
export function withFiles(manifest: Manifest, change: (files: Variants, graph: string) => Variants): Manifest {
  if (manifest.family === "ofa") return { ...manifest, files: change(manifest.files, "pair") };
  const { image, text } = manifest;
  return {
    ...manifest,
    image: { ...image, files: change(image.files, "image") },
    text: { ...text, files: change(text.files, "text") },
  };
}
