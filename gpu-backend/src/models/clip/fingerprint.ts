/** A short digest over everything that can change a vector: part of every cache key, so that no stale one is served. */
import { createHash } from "node:crypto";
import type { ClipManifest, ModelFile } from "../manifest.ts";

/** Raise it with every change of ../preprocess.ts, tokenizer.ts, clean-text.ts or inference/tensors.ts that changes a result. */
const CODE_VERSION = 2;

/** The file of each tower that is in use. */
export interface TowerFiles {
  readonly image: ModelFile;
  readonly text: ModelFile;
}

/** @returns 16 hex digits. */
export function fingerprint({ image, text }: ClipManifest, files: TowerFiles): string {
  const parts = [
    CODE_VERSION,
    files.image.sha256,
    [image.size, image.resize, image.interpolation, image.background ?? null, image.mean, image.std],
    files.text.sha256,
    [text.tokenizer.sha256, text.context_length, text.pad_id, text.clean],
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
