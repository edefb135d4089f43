/** A short digest over everything that can change a score: part of every cache key, so that no stale one is served. */
import { createHash } from "node:crypto";
import type { ModelFile, OfaManifest } from "../manifest.ts";

/** Raise it with every change of prompt.ts, tokenizer.ts, scores.ts, ../preprocess.ts or inference/tensors.ts that changes a result. */
const CODE_VERSION = 1;

/** @returns 16 hex digits. */
export function fingerprint({ image, text, prompts, temperature }: OfaManifest, file: ModelFile): string {
  const parts = [
    CODE_VERSION,
    file.sha256,
    [image.size, image.resize, image.interpolation, image.background ?? null, image.mean, image.std],
    [text.tokenizer.sha256, text.context_length, text.max_words, text.pad_id, text.clean],
    [prompts.without_caption, prompts.with_caption],
    temperature,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
