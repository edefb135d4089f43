/**
 * Brings a model of the catalogue into a folder of models: its files first, each checked, the manifest last. A folder
 * without a manifest is no model, so that nobody ever meets half of one.
 */
import { readdir, rename, rm, rmdir, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest, ModelFile, Variant } from "../manifest.ts";
import { MANIFEST } from "../model-folders.ts";
import { verifyFile } from "../verify.ts";
import { type DownloadOptions, download } from "./download.ts";
import { TransientError } from "./errors.ts";
import { formatBytes } from "./format.ts";
import { PARTIAL, readManifest } from "./installed.ts";
import { lockModel } from "./lock.ts";
import { mirrored } from "./mirror.ts";
import { otherWays } from "./other-ways.ts";
import { PartFile } from "./part-file.ts";
import type { Progress } from "./progress.ts";
import { chooseVariants, filesOf, totalBytes, variantsOf, withVariants } from "./variants.ts";

export interface PullOptions extends Omit<DownloadOptions, "onProgress" | "onRetry"> {
  /** Where models' folders lie. */
  readonly dir: string;
  /** None takes what is installed, or else the smallest. */
  readonly variants: readonly Variant[];
  readonly mirror: URL | undefined;
  readonly progress: Progress;
  /** Bytes that the file system of a folder has left for us. The default asks it. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export interface Pulled {
  readonly folder: string;
  readonly manifest: Manifest;
  /** 0 if everything was there. */
  readonly fetchedBytes: number;
}

/**
 * Adds the variants to those that are there. Files that are already in their place, by hand or from an earlier pull,
 * are checked and not fetched.
 * @param entry the catalogue's manifest.
 * @throws Error that a person can act on; the signal's reason.
 */
export async function pull(entry: Manifest, options: PullOptions): Promise<Pulled> {
  // Before anything is made: a wrong wish leaves no trace.
  chooseVariants(entry, options.variants);
  const folder = await folderFor(entry, options.dir);
  const parts = join(folder, PARTIAL);
  const lock = lockModel(folder);
  try {
    const manifest = withVariants(entry, await variantsAfter(folder, entry, options.variants));
    const missing = await missingFiles(folder, filesOf(manifest));
    await requireSpace(parts, missing, options.freeBytes ?? bytesFree);
    for (const [i, file] of missing.entries()) {
      await fetchFile(file, folder, parts, options).catch((error: unknown) => {
        if (!(error instanceof TransientError)) throw error;
        throw new Error(`${error.message}.\n${otherWays(missing.slice(i), folder)}`, { cause: error });
      });
    }
    await writeManifest(folder, manifest);
    await rm(parts, { recursive: true });
    return { folder, manifest, fetchedBytes: totalBytes(missing) };
  } finally {
    lock.release();
    await forgetEmpty(folder, parts);
  }
}

/** `<id>`, or `<id>@<revision>` beside another revision, which goes on being served until it is removed. */
async function folderFor({ id, revision }: Manifest, dir: string): Promise<string> {
  const plain = join(dir, id);
  const beside = join(dir, `${id}@${revision}`);
  if (await readable(beside)) return beside;
  const other = await readable(plain);
  return other === undefined || other.revision === revision ? plain : beside;
}

/** What is there stays, as far as the catalogue still has it. */
async function variantsAfter(folder: string, entry: Manifest, asked: readonly Variant[]): Promise<readonly Variant[]> {
  const here = await readable(folder);
  const present = here ? variantsOf(here).filter((variant) => variantsOf(entry).includes(variant)) : [];
  return present.length > 0 && asked.length === 0 ? present : [...present, ...chooseVariants(entry, asked)];
}

/** A pull that fetched nothing leaves nothing; where files lie, the folder of parts stays as the sign of a begun pull. */
async function forgetEmpty(folder: string, parts: string): Promise<void> {
  if ((await readdir(folder)).join() !== PARTIAL) return;
  // Each is refused if it is not empty.
  for (const made of [parts, folder]) await rmdir(made).catch(() => undefined);
}

/** A manifest that is damaged is as good as none: it is written anew. */
const readable = (folder: string): Promise<Manifest | undefined> => readManifest(folder).catch(() => undefined);

async function missingFiles(folder: string, files: readonly ModelFile[]): Promise<readonly ModelFile[]> {
  const missing: ModelFile[] = [];
  for (const file of files) await verifyFile(folder, file).catch(() => missing.push(file));
  return missing;
}

async function requireSpace(
  parts: string,
  files: readonly ModelFile[],
  freeBytes: (folder: string) => Promise<number>,
): Promise<void> {
  const held = await Promise.all(files.map(({ sha256 }) => new PartFile(parts, sha256).size()));
  const needed = totalBytes(files) - held.reduce((sum, bytes) => sum + bytes, 0);
  const free = await freeBytes(parts);
  if (needed > free)
    throw new Error(`${formatBytes(needed)} are to be fetched, and ${parts} has room for ${formatBytes(free)}`);
}

async function bytesFree(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function fetchFile(
  file: ModelFile,
  folder: string,
  parts: string,
  { mirror, progress, ...options }: PullOptions,
): Promise<void> {
  if (file.url === undefined) throw new Error(`the catalogue does not say where ${file.path} comes from`);
  progress.begin(file.path, file.bytes);
  try {
    await download(file, mirrored(new URL(file.url), mirror), folder, parts, {
      ...options,
      onProgress: (bytes) => progress.at(bytes),
      onRetry: (reason, waitMs) => progress.note(`${reason}; trying again in ${(waitMs / 1000).toFixed(1)} s`),
    });
    progress.end();
  } catch (error) {
    progress.abandon();
    throw error;
  }
}

/** Needs the folder's lock. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const draft = join(folder, PARTIAL, MANIFEST);
  await writeFile(draft, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(draft, join(folder, MANIFEST));
}
