/** From a model's folder to a model that has answered a warm-up, or the reason why there is none. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { spawnSessionWorker } from "../inference/session.ts";
import type { SessionSpec } from "../inference/session-protocol.ts";
import { type ClipModel, openClipModel } from "./clip/model.ts";
import type { EngineOptions } from "./engine-options.ts";
import { blaming, ModelFault } from "./fault.ts";
import { Manifest, type ModelFile, type Variant } from "./manifest.ts";
import { loadingBytes, readable } from "./memory.ts";
import { MANIFEST, type ModelFolder } from "./model-folders.ts";
import { locateFile, verifyFile } from "./verify.ts";

const PULL_AGAIN = "pull the model again";

export interface OpenOptions {
  /** The first of these that a tower's manifest lists is loaded. */
  readonly variants: readonly Variant[];
  readonly engine: EngineOptions;
  readonly log: Pick<Logger, "info" | "warn">;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Bytes that loading may take. */
  readonly freeBytes: () => number;
}

export interface OpenedModel {
  readonly model: ClipModel;
  readonly variants: { readonly image: Variant; readonly text: Variant };
  /** At the height of loading, as estimated before. */
  readonly loadingBytes: number;
}

/** @throws ModelFault if it is no manifest, or one of another model than the folder's name says. */
export async function readManifest(folder: ModelFolder, json: string): Promise<Manifest> {
  const manifest = await blaming(MANIFEST, `correct it, or ${PULL_AGAIN}`, () => Manifest.parse(JSON.parse(json)));
  const { id, revision } = manifest;
  if (id !== folder.id || (folder.revision ?? revision) !== revision)
    throw new ModelFault(
      `${MANIFEST} is of "${id}" in revision "${revision}", but the folder is named "${folder.name}"`,
      `name the folder "${id}" or "${id}@${revision}"`,
    );
  return manifest;
}

/** Where a model lies at the moment: a folder may be renamed while its model is served. */
export interface Location {
  path: string;
}

/** @throws ModelFault if the model cannot be served as it lies. */
export async function openModel(location: Location, manifest: Manifest, options: OpenOptions): Promise<OpenedModel> {
  const { variants, engine, log, now } = options;
  const chosen = {
    image: preferred("image", manifest.image.files, variants),
    text: preferred("text", manifest.text.files, variants),
  };
  const locate = (file: ModelFile) => blaming(MANIFEST, PULL_AGAIN, () => locateFile(location.path, file));
  const verify = (file: ModelFile) => blaming(MANIFEST, PULL_AGAIN, () => verifyFile(location.path, file));
  const paths = {
    image: await locate(chosen.image),
    text: await locate(chosen.text),
    tokenizer: await verify(manifest.text.tokenizer),
  };
  const needed = fitsIntoMemory([chosen.image, chosen.text], options.freeBytes());
  const deps = {
    log,
    // Found and verified each time that it is opened, also for a worker that replaces a dead one: a folder that was
    // changed meanwhile must not bring other weights under the same revision.
    spawn: async (spec: SessionSpec) => {
      const file = await verify(spec.file === paths.image ? chosen.image : chosen.text);
      return spawnSessionWorker({ ...spec, file });
    },
    sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
  };
  return {
    model: await openClipModel({ manifest, chosen, paths, engine, now, deps }),
    variants: { image: chosen.image.variant, text: chosen.text.variant },
    loadingBytes: needed,
  };
}

type ChosenFile = ModelFile & { readonly variant: Variant };

function preferred(
  tower: string,
  files: { readonly [variant in Variant]?: ModelFile | undefined },
  variants: readonly Variant[],
): ChosenFile {
  for (const variant of variants) {
    const file = files[variant];
    if (file) return { ...file, variant };
  }
  throw new ModelFault(
    `the ${tower} tower has none of the variants ${variants.join(", ")}`,
    `it has ${Object.keys(files).join(", ")}: name one in MODEL_VARIANTS`,
  );
}

/** @returns bytes that loading takes. */
function fitsIntoMemory(files: readonly ChosenFile[], free: number): number {
  const needed = loadingBytes(files);
  if (needed <= free) return needed;
  throw new ModelFault(
    `loading ${files.map(({ path }) => path).join(" and ")} takes about ${readable(needed)}, and ${readable(free)} are free`,
    "give the process more memory, take a smaller variant (MODEL_VARIANTS) or serve fewer models (MODELS)",
  );
}

export const readManifestText = (folder: ModelFolder): Promise<string> =>
  blaming(MANIFEST, "make it readable", () => readFile(join(folder.path, MANIFEST), "utf8"));
