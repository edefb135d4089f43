/** The models that lie in folders, whole or not. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Manifest, type ModelFile } from "../manifest.ts";
import { MANIFEST } from "../model-folders.ts";
import { filesOf } from "./variants.ts";

/** Beside a model's files: what a pull has fetched so far, and its lock. */
export const PARTIAL = ".partial";

interface ModelFolder {
  /** `<id>` or `<id>@<revision>`. */
  readonly name: string;
  readonly folder: string;
}

interface InstalledModel extends ModelFolder {
  readonly manifest: Manifest;
  /** Why it cannot be served as it lies; looks at sizes, not at checksums. */
  readonly damage: string | undefined;
}

/** What is in one folder of models. */
export interface Installed {
  readonly models: readonly InstalledModel[];
  /** Folders in which a pull has begun and not ended. */
  readonly incomplete: readonly ModelFolder[];
  /** Folders whose manifest cannot be read. */
  readonly unreadable: readonly (ModelFolder & { readonly reason: string })[];
}

/** A folder that does not exist holds none. */
export async function readInstalled(dir: string): Promise<Installed> {
  const models: InstalledModel[] = [];
  const incomplete: ModelFolder[] = [];
  const unreadable: (ModelFolder & { reason: string })[] = [];
  for (const name of (await readdir(dir).catch(() => [])).toSorted()) {
    const folder = join(dir, name);
    try {
      const manifest = await readManifest(folder);
      if (manifest) models.push({ name, folder, manifest, damage: await damageOf(folder, filesOf(manifest)) });
      else if (await exists(join(folder, PARTIAL))) incomplete.push({ name, folder });
    } catch (error) {
      unreadable.push({ name, folder, reason: error instanceof z.ZodError ? z.prettifyError(error) : String(error) });
    }
  }
  return { models, incomplete, unreadable };
}

/** @returns undefined if the folder has none. @throws Error if it has one that cannot be read. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const json = await readFile(join(folder, MANIFEST), "utf8").catch(() => undefined);
  return json === undefined ? undefined : Manifest.parse(JSON.parse(json));
}

async function damageOf(folder: string, files: readonly ModelFile[]): Promise<string | undefined> {
  for (const { path, bytes } of files) {
    const found = await stat(join(folder, path)).catch(() => undefined);
    if (!found) return `${path} is missing`;
    if (found.size !== bytes) return `${path} has ${found.size} bytes, not ${bytes}`;
  }
  return undefined;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
