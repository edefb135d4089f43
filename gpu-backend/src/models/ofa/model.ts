/** A served OFA: a prepared picture and a statement in, the probabilities of yes, no and maybe out. */
import { readFile } from "node:fs/promises";
import { modelRevisionKey } from "@sightline/shared/ids";
import type { Served } from "@sightline/shared/internal/protocol";
import type { BatchCall } from "../../inference/batcher.ts";
import type { Feed } from "../../inference/session-protocol.ts";
import { type EngineDeps, type EnginePlan, type EngineStats, openEngine } from "../engine.ts";
import type { EngineOptions } from "../engine-options.ts";
import { blaming } from "../fault.ts";
import type { ModelFile, OfaManifest } from "../manifest.ts";
import type { ImageSpec } from "../preprocess.ts";
import { fingerprint } from "./fingerprint.ts";
import type { Statement } from "./prompt.ts";
import { byLength, rowOf } from "./rows.ts";
import { tempered } from "./scores.ts";
import { loadStatementTokenizer, type StatementTokenizer } from "./tokenizer.ts";
import { warmUp } from "./warm-up.ts";

export interface Judged {
  /** The probabilities of yes, no and maybe. */
  readonly scores: Float32Array;
  /** Of the prompt, special tokens included. */
  readonly tokens: number;
  /** The hypothesis or the caption had more words than the model reads. */
  readonly truncated: boolean;
  readonly queueMs: number;
  readonly inferenceMs: number;
}

/** A statement that is ready to be judged beside any picture. */
export type Judge = (rgb: Uint8Array, call: BatchCall) => Promise<Judged>;

export interface OfaModel {
  readonly served: Served<"ofa">;
  readonly imageSpec: ImageSpec;
  /**
   * What is wrong with a statement is said before its picture is asked for. The judge takes HWC bytes, `imageSpec.size`² · 3,
   * and throws ApiError(overloaded | deadline_exceeded | backend_unavailable | internal_error), the signal's reason, or
   * RangeError if the length is another.
   * @throws ApiError(empty_input | text_too_long), its `param` a field of the statement.
   */
  about(statement: Statement): Judge;
  stats(): { readonly pair: EngineStats };
  /** Answers what is queued, refuses what comes, ends the worker. */
  close(): Promise<void>;
}

export interface OfaModelOptions {
  readonly manifest: OfaManifest;
  /** The variant that is loaded, as the manifest has it. */
  readonly chosen: { readonly pair: ModelFile };
  /** Where the verified files lie. */
  readonly paths: { readonly pair: string; readonly tokenizer: string };
  readonly engine: EngineOptions;
  readonly now: () => number;
  readonly deps: EngineDeps;
}

/** @throws ModelFault if the model cannot be served. */
export async function openOfaModel(options: OfaModelOptions): Promise<OfaModel> {
  const { manifest, chosen, paths, engine, now, deps } = options;
  const tokenizer = await blaming(manifest.text.tokenizer.path, "it has to be the tokenizer of the model", async () =>
    loadStatementTokenizer(await readFile(paths.tokenizer, "utf8"), manifest),
  );
  const model = modelRevisionKey(manifest);
  const pair = await blaming(chosen.pair.path, `manifest.json's "image", "text" and "output" have to describe it`, () =>
    openEngine(planOf(manifest, paths.pair, engine, tokenizer), {
      model,
      graph: "pair",
      deps,
      maxQueue: engine.maxQueue,
      now,
    }),
  );
  const { size, resize, interpolation, background } = manifest.image;
  const pixelBytes = size * size * 3;
  return {
    served: serve(manifest, fingerprint(manifest, chosen.pair)),
    imageSpec: { size, resize, interpolation, alpha: "dropped first", ...(background !== undefined && { background }) },
    about(statement) {
      const { ids, truncated } = tokenizer.encode(statement);
      return async (rgb, call) => {
        if (rgb.length !== pixelBytes) throw new RangeError(`an image has ${pixelBytes} bytes here, not ${rgb.length}`);
        const { output, queueMs, inferenceMs } = await pair.run(rowOf(rgb, ids), call);
        return { scores: output, tokens: ids.length, truncated, queueMs, inferenceMs };
      };
    },
    stats: () => ({ pair: pair.stats() }),
    close: () => pair.close(),
  };
}

const serve = (manifest: OfaManifest, preprocessing: string): Served<"ofa"> => ({
  id: manifest.id,
  revision: manifest.revision,
  family: manifest.family,
  description: manifest.description,
  license: manifest.license,
  contextLength: manifest.text.context_length,
  imageSize: manifest.image.size,
  preprocessing,
});

function planOf(
  manifest: OfaManifest,
  file: string,
  { providers, threads, maxPairBatch }: EngineOptions,
  tokenizer: StatementTokenizer,
): EnginePlan {
  const { image, text, answers, output, temperature } = manifest;
  const { size, mean, std, pixels } = image;
  const feed: Feed = {
    kind: "pairs",
    picture: pixels === "uint8_nhwc" ? { kind: "pixel-bytes", size } : { kind: "pixels", size, mean, std },
    text: { kind: "tokens", padId: text.pad_id, contextLength: text.context_length },
    tokens: text.input,
    lengths: text.lengths,
  };
  return {
    spec: { file, input: image.input, output, dims: answers.length, providers, threads, feed },
    warmUp: warmUp(manifest, maxPairBatch, tokenizer),
    maxBatch: maxPairBatch,
    finish: (scores) => tempered(scores, temperature),
    parted: (rows) => byLength(rows, size * size * 3),
  };
}
