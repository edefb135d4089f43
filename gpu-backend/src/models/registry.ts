/** Loads the models of a folder; one that is not what its manifest says is refused, and the others are served. */
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ModelId } from "@sightline/shared/ids";
import type { Logger } from "pino";
import { z } from "zod";
import { spawnSessionWorker } from "../inference/session.ts";
import { type ClipModel, openClipModel } from "./clip/model.ts";
import type { EngineOptions } from "./engine-options.ts";
import { Manifest, type ModelFile, type Variant } from "./manifest.ts";
import { verifyFile } from "./verify.ts";

const MANIFEST = "manifest.json";

export interface RegistryOptions {
  /** Where models' folders lie. One that does not exist holds none; of two folders of one name the first counts. */
  readonly modelsDirs: readonly string[];
  /** Names of folders, or all that hold a manifest. */
  readonly wanted: readonly string[] | "all";
  /** The first of these that a tower's manifest lists is loaded. */
  readonly variants: readonly Variant[];
  readonly engine: EngineOptions;
  readonly log: Pick<Logger, "info" | "warn">;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

interface Refusal {
  readonly id: string;
  readonly reason: string;
}

export interface Registry {
  readonly models: ReadonlyMap<ModelId, ClipModel>;
  readonly refused: readonly Refusal[];
  close(): Promise<void>;
}

/** @throws Error only if a folder of `modelsDirs` is there and cannot be read. */
export async function loadRegistry(options: RegistryOptions): Promise<Registry> {
  const { modelsDirs, wanted, log, now } = options;
  const folders = await foldersWithManifest(modelsDirs);
  const models = new Map<ModelId, ClipModel>();
  const refused: Refusal[] = [];
  // One after the other: each load uses every core, and the log reads in order.
  for (const id of wanted === "all" ? folders.keys() : new Set(wanted)) {
    const startedAt = now();
    try {
      const folder = folders.get(id);
      if (folder === undefined) throw new Error(`there is no ${MANIFEST}`);
      const model = await openModel(id, folder, options);
      models.set(model.served.id, model);
      const { image, text } = model.stats();
      const loadMs = Math.round(now() - startedAt);
      log.info(
        { model: model.served, providers: { image: image.provider, text: text.provider }, loadMs },
        "model loaded",
      );
    } catch (error) {
      refused.push({ id, reason: reasonOf(error) });
    }
  }
  return {
    models,
    refused,
    async close() {
      await Promise.all([...models.values()].map((model) => model.close()));
    },
  };
}

async function openModel(
  id: string,
  folder: string,
  { variants, engine, log, now }: RegistryOptions,
): Promise<ClipModel> {
  const manifest = await readManifest(folder);
  if (manifest.id !== id) throw new Error(`${MANIFEST} is of the model ${JSON.stringify(manifest.id)}`);
  const chosen = {
    image: preferred("image", manifest.image.files, variants),
    text: preferred("text", manifest.text.files, variants),
  };
  const paths = {
    image: await verifyFile(folder, chosen.image),
    text: await verifyFile(folder, chosen.text),
    tokenizer: await verifyFile(folder, manifest.text.tokenizer),
  };
  const deps = {
    log,
    spawn: spawnSessionWorker,
    sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
  };
  return openClipModel({ manifest, chosen, paths, engine, now, deps });
}

async function readManifest(folder: string): Promise<Manifest> {
  return Manifest.parse(JSON.parse(await readFile(join(folder, MANIFEST), "utf8")));
}

function preferred(
  tower: string,
  files: { readonly [variant in Variant]?: ModelFile | undefined },
  variants: readonly Variant[],
): ModelFile {
  const file = variants.map((variant) => files[variant]).find((f) => f !== undefined);
  if (!file) throw new Error(`the ${tower} tower has none of the variants ${variants.join(", ")}`);
  return file;
}

/** @returns paths by folder name, sorted within each of `modelsDirs`. */
async function foldersWithManifest(modelsDirs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const folders = new Map<string, string>();
  for (const dir of modelsDirs)
    for (const name of (await namesIn(dir)).toSorted())
      if (!folders.has(name) && (await exists(join(dir, name, MANIFEST)))) folders.set(name, join(dir, name));
  return folders;
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return `${MANIFEST}: ${z.prettifyError(error)}`;
  if (error instanceof SyntaxError) return `not valid JSON: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
