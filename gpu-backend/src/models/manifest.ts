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

/** Precision of a tower's weights. Inputs and outputs are float32 and int32/int64 whatever the variant. */
export const Variant = z.enum(["fp32", "fp16", "int8"]);
export type Variant = z.infer<typeof Variant>;

const Variants = z
  .partialRecord(Variant, ModelFile)
  .refine((files) => Object.keys(files).length > 0, "a tower has at least one file");

const TensorName = z.string().min(1);
const PerChannel = z.tuple([z.number(), z.number(), z.number()]).readonly();
const PositivePerChannel = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).readonly();

const ImageTower = z.strictObject({
  size: z.int().min(1).max(2048),
  resize: z.enum(["shortest", "squash"]),
  interpolation: z.literal("bicubic"),
  background: z.string().min(1).optional(),
  /** `uint8_nhwc`: the graph takes bytes and normalises them itself; mean and deviation are then information only. */
  pixels: z.enum(["float32_nchw", "uint8_nhwc"]).default("float32_nchw"),
  mean: PerChannel,
  std: PositivePerChannel,
  input: TensorName,
  output: TensorName,
  files: Variants,
});

const TextTower = z.strictObject({
  // Two places are the special tokens' at either end.
  context_length: z.int().min(3).max(8192),
  pad_id: z.int().nonnegative(),
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
const ClipManifest = z.strictObject({
  ...Common,
  family: z.literal("clip"),
  dims: z.int().positive(),
  logit_scale: z.number().positive(),
  default_template: z.string().refine((t) => t.split("{}").length === 2, "a template holds {} exactly once"),
  image: ImageTower,
  text: TextTower,
});
export type ClipManifest = z.infer<typeof ClipManifest>;

/** One member per family; a folder whose family is not here is refused by the registry. */
export const Manifest = z.discriminatedUnion("family", [ClipManifest]);
export type Manifest = z.infer<typeof Manifest>;
