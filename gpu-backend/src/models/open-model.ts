/** From a model's folder to a model that has answered a warm-up, or the reason why there is none. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { spawnSessionWorker } from "../inference/session.ts";
import type { WorkerSpec } from "../inference/session-protocol.ts";
import type { Observer } from "../observer.ts";
import { openClipModel } from "./clip/model.ts";
import type { BrokenEngine } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { blaming, ModelFault } from "./fault.ts";
import { Manifest, type ModelFile, type Variant, type Variants } from "./manifest.ts";
import { batchBytes, loadingBytes, readable } from "./memory.ts";
import { MANIFEST, type ModelFolder } from "./model-folders.ts";
import type { Model } from "./models.ts";
import { openOfaModel } from "./ofa/model.ts";
import { locateFile, verifyFile } from "./verify.ts";

const PULL_AGAIN = "pull the model again";

export interface OpenOptions {
  /** The first of these that the manifest lists for a graph is loaded. */
  readonly variants: readonly Variant[];
  readonly engine: EngineOptions;
  readonly log: Pick<Logger, "info" | "warn">;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Bytes that loading may take. */
  readonly freeBytes: () => number;
  readonly observer?: Observer;
  /** What is told here is not ready any more, and will not be in this process. */
  readonly onBroken?: (engine: BrokenEngine) => void;
}

export interface OpenedModel {
  readonly model: Model;
  /** By graph, as `Model.stats` names them. */
  readonly variants: Readonly<Record<string, Variant>>;
  /** At the height of loading, as estimated before. */
  readonly loadingBytes: number;
}

/** @throws ModelFault if it cannot be read, is no manifest, or one of another model than the folder's name says. */
export async function readManifest(folder: ModelFolder): Promise<Manifest> {
  const json = await blaming(MANIFEST, "make it readable", () => readFile(join(folder.path, MANIFEST), "utf8"));
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
  if (manifest.family === "ofa") {
    const { maxPairBatch, providers } = options.engine;
    // Another provider has the batch in its own memory, of which nothing is known here.
    const working = (file: ChosenFile) =>
      providers[0] === "cpu" ? batchBytes(maxPairBatch, manifest.image.size, file) : 0;
    const parts = await gather(location, manifest, { pair: manifest.files }, options, working);
    return { ...parts.found, model: await openOfaModel({ manifest, ...parts }) };
  }
  const parts = await gather(location, manifest, { image: manifest.image.files, text: manifest.text.files }, options);
  return { ...parts.found, model: await openClipModel({ manifest, ...parts }) };
}

/** What a model of any family is opened with: a file of each graph, and the tokenizer. */
async function gather<Graph extends string>(
  location: Location,
  { family, text: { tokenizer } }: Manifest,
  graphs: Readonly<Record<Graph, Variants>>,
  { variants, engine, log, now, freeBytes, observer, onBroken }: OpenOptions,
  /** Bytes that the warm-up takes beside a loaded graph, where it is much. */
  working: (file: ChosenFile) => number = () => 0,
) {
  const chosen = mapped(graphs, (files, graph) => preferred(graph, files, variants));
  const files = Object.values<ChosenFile>(chosen);
  const locate = (file: ModelFile) => blaming(MANIFEST, PULL_AGAIN, () => locateFile(location.path, file));
  const verify = (file: ModelFile) => blaming(MANIFEST, PULL_AGAIN, () => verifyFile(location.path, file));
  const located = new Map<ChosenFile, string>();
  for (const file of files) located.set(file, await locate(file));
  const needed = files.reduce((sum, file) => sum + working(file), loadingBytes(family, files));
  const paths = mapped(chosen, (file) => located.get(file) ?? "");
  return {
    chosen,
    paths: { ...paths, tokenizer: await verify(tokenizer) },
    found: {
      variants: mapped(chosen, ({ variant }) => variant),
      loadingBytes: fitsIntoMemory(files, needed, freeBytes()),
    },
    engine,
    now,
    deps: {
      log,
      observer,
      onBroken,
      // Found and verified each time that it is opened, also for a worker that replaces a dead one: a folder that was
      // changed meanwhile must not bring other weights under the same revision.
      spawn: async (spec: WorkerSpec) => {
        const file = files.find((candidate) => located.get(candidate) === spec.file);
        if (!file) throw new Error(`${spec.file} is no file of this model`);
        return spawnSessionWorker({ ...spec, file: await verify(file) });
      },
      sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
    },
  };
}

const mapped = <K extends string, V, R>(record: Readonly<Record<K, V>>, change: (value: V, key: K) => R) =>
  Object.fromEntries(Object.entries<V>(record).map(([key, value]) => [key, change(value, key as K)])) as Record<K, R>;

type ChosenFile = ModelFile & { readonly variant: Variant };

function preferred(graph: string, files: Variants, variants: readonly Variant[]): ChosenFile {
  for (const variant of variants) {
    const file = files[variant];
    if (file) return { ...file, variant };
  }
  throw new ModelFault(
    `the ${graph} graph has none of the variants ${variants.join(", ")}`,
    `it has ${Object.keys(files).join(", ")}: name one in MODEL_VARIANTS`,
  );
}

/** @returns `needed`. @throws ModelFault if that is more than is free. */
function fitsIntoMemory(files: readonly ChosenFile[], needed: number, free: number): number {
  if (needed <= free) return needed;
  throw new ModelFault(
    `loading ${files.map(({ path }) => path).join(" and ")} takes about ${readable(needed)}, and ${readable(free)} are free`,
    "give the process more memory, take a smaller variant (MODEL_VARIANTS) or serve fewer models (MODELS)",
  );
}
