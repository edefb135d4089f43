/** A served CLIP-like model: texts and prepared pixels in, unit vectors out. */
import { readFile } from "node:fs/promises";
import { modelRevisionKey } from "@sightline/shared/ids";
import type { Served } from "@sightline/shared/internal/protocol";
import { normalise } from "@sightline/shared/vectors";
import type { BatchAnswer, BatchCall } from "../../inference/batcher.ts";
import type { Feed } from "../../inference/session-protocol.ts";
import { type Engine, type EngineDeps, type EnginePlan, type EngineStats, openEngine } from "../engine.ts";
import type { EngineOptions } from "../engine-options.ts";
import { blaming } from "../fault.ts";
import type { ClipManifest } from "../manifest.ts";
import type { ImageSpec } from "../preprocess.ts";
import { fingerprint, type TowerFiles } from "./fingerprint.ts";
import { type EncodedText, loadTokenizer, type TextTokenizer } from "./tokenizer.ts";
import { imageWarmUp, textWarmUp } from "./warm-up.ts";

/** `deadlineAt` is in milliseconds on the monotonic clock that the registry was loaded with. */
export type EmbedCall = BatchCall;

export interface Embedded {
  /** L2-normalised, `served.dims` long. */
  readonly vector: Float32Array;
  /** What the text tower saw, special tokens included; 0 for an image. */
  readonly tokens: number;
  readonly truncated: boolean;
  readonly queueMs: number;
  readonly inferenceMs: number;
}

export interface ClipModel {
  readonly served: Served<"clip">;
  readonly imageSpec: ImageSpec;
  /** Takes 30 ms and more for the longest texts of a call: who has many of them makes pauses. */
  encode(text: string): EncodedText;
  /** @throws ApiError(overloaded | deadline_exceeded | backend_unavailable | internal_error), or the signal's reason. */
  embedText(text: EncodedText, call: EmbedCall): Promise<Embedded>;
  /**
   * @param rgb HWC bytes, `imageSpec.size`² · 3; the caller leaves them as they are until the promise settles.
   * @throws as `embedText`; RangeError if the length is another.
   */
  embedPixels(rgb: Uint8Array, call: EmbedCall): Promise<Embedded>;
  stats(): { readonly image: EngineStats; readonly text: EngineStats };
  /** Answers what is queued, refuses what comes, ends the workers. */
  close(): Promise<void>;
}

interface ClipFiles {
  readonly image: string;
  readonly text: string;
  readonly tokenizer: string;
}

export interface ClipModelOptions {
  readonly manifest: ClipManifest;
  /** The variant of each tower that is loaded, as the manifest has it. */
  readonly chosen: TowerFiles;
  /** Where the verified files lie. */
  readonly paths: ClipFiles;
  readonly engine: EngineOptions;
  readonly now: () => number;
  readonly deps: EngineDeps;
}

/** @throws ModelFault if the model cannot be served. */
export async function openClipModel(options: ClipModelOptions): Promise<ClipModel> {
  const { manifest, chosen, paths, engine, now, deps } = options;
  const { context_length: contextLength, clean } = manifest.text;
  const tokenizer = await blaming(
    manifest.text.tokenizer.path,
    "it has to be the tokenizer of the text tower",
    async () => loadTokenizer(await readFile(paths.tokenizer, "utf8"), contextLength, clean),
  );
  const open = (tower: "image" | "text", plan: EnginePlan): Promise<Engine> =>
    blaming(chosen[tower].path, `manifest.json's "${tower}" and "dims" have to describe this file`, () =>
      openEngine(plan, { model: modelRevisionKey(manifest), graph: tower, deps, maxQueue: engine.maxQueue, now }),
    );
  const image = await open("image", imagePlan(manifest, paths.image, engine));
  const text = await open("text", textPlan(manifest, paths.text, engine, tokenizer)).catch(async (error: unknown) => {
    await image.close();
    throw error;
  });
  const { size, resize, interpolation, background } = manifest.image;
  const pixelBytes = size * size * 3;
  return {
    served: serve(manifest, fingerprint(manifest, chosen)),
    imageSpec: { size, resize, interpolation, ...(background !== undefined && { background }) },
    encode: tokenizer.encode,
    async embedText({ ids, truncated }, call) {
      return embedded(await text.run(ids, call), ids.length, truncated);
    },
    async embedPixels(rgb, call) {
      if (rgb.length !== pixelBytes) throw new RangeError(`an image has ${pixelBytes} bytes here, not ${rgb.length}`);
      return embedded(await image.run(rgb, call), 0, false);
    },
    stats: () => ({ image: image.stats(), text: text.stats() }),
    async close() {
      await Promise.all([image.close(), text.close()]);
    },
  };
}

/** @returns the vector, scaled in place to length 1. @throws Error if it has no direction. */
function unit(vector: Float32Array): Float32Array {
  const norm = normalise(vector);
  if (norm > 0 && Number.isFinite(norm)) return vector;
  throw new Error(`the model gave a vector of norm ${norm}`);
}

const embedded = ({ output, queueMs, inferenceMs }: BatchAnswer<Float32Array>, tokens: number, truncated: boolean) => ({
  vector: output,
  tokens,
  truncated,
  queueMs,
  inferenceMs,
});

const serve = (manifest: ClipManifest, preprocessing: string): Served<"clip"> => ({
  id: manifest.id,
  revision: manifest.revision,
  family: manifest.family,
  description: manifest.description,
  license: manifest.license,
  dims: manifest.dims,
  logitScale: manifest.logit_scale,
  defaultTemplate: manifest.default_template,
  contextLength: manifest.text.context_length,
  imageSize: manifest.image.size,
  preprocessing,
});

function imagePlan(
  manifest: ClipManifest,
  file: string,
  { providers, threads, maxImageBatch }: EngineOptions,
): EnginePlan {
  const { dims, image } = manifest;
  const { input, output, size, mean, std, pixels } = image;
  const feed: Feed = pixels === "uint8_nhwc" ? { kind: "pixel-bytes", size } : { kind: "pixels", size, mean, std };
  return {
    spec: { file, input, output, dims, providers, threads, feed },
    warmUp: imageWarmUp(manifest, maxImageBatch),
    maxBatch: maxImageBatch,
    finish: unit,
  };
}

function textPlan(
  manifest: ClipManifest,
  file: string,
  { providers, threads, maxTextBatch }: EngineOptions,
  tokenizer: TextTokenizer,
): EnginePlan {
  const { dims, text } = manifest;
  const { input, output, pad_id: padId, context_length: contextLength } = text;
  return {
    spec: { file, input, output, dims, providers, threads, feed: { kind: "tokens", padId, contextLength } },
    warmUp: textWarmUp(manifest, maxTextBatch, tokenizer),
    maxBatch: maxTextBatch,
    finish: unit,
  };
}
