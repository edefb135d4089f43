/**
 * Puts a whole new folder in the place of a space's folder, so that a crash or a power cut at any moment leaves the old one or
 * the new one, whole: the new one is on the disk before the old one is moved aside, and what a crash left half done is finished
 * or undone when the data folder is opened.
 */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KEPT, PIECES, putBack } from "./closing.ts";
import { DRAFT } from "./zvec-space.ts";

/** The endings of folders on their way in: by a restore, by a compaction. */
export const RESTORED = "~restored";
export const COMPACTED = "~compacted";
/** The ending of a folder on its way out. */
const REPLACED = "~replaced";
const UNFINISHED = [DRAFT, RESTORED, COMPACTED, PIECES];

/** Whether an entry of the data folder is a space: its name holds an `@`, and no ending, which begins with what no id or revision may hold. */
export const isSpace = (name: string): boolean => name.includes("@") && !name.includes("~");

/** Nobody may have either folder open. If it throws, the old folder is where it was, or is put there at the next opening. */
export async function replace(place: string, by: string): Promise<void> {
  await sync(by);
  const old = place + REPLACED;
  await rm(old, { recursive: true, force: true });
  const isReplaced = existsSync(place);
  if (isReplaced) await rename(place, old);
  try {
    await rename(by, place);
  } catch (error) {
    // Else the space would be taken for one that never was, and made anew.
    if (isReplaced) await rename(old, place);
    throw error;
  }
  await syncDirectory(dirname(place));
  await rm(old, { recursive: true, force: true });
}

/** Of a process that died. */
export function finishReplacements(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (name.endsWith(KEPT)) putBack(join(dataDir, name.slice(0, -KEPT.length)));
  }
  for (const name of readdirSync(dataDir)) {
    const path = join(dataDir, name);
    if (UNFINISHED.some((ending) => name.endsWith(ending))) rmSync(path, { recursive: true });
    if (!name.endsWith(REPLACED)) continue;
    const place = path.slice(0, -REPLACED.length);
    if (existsSync(place)) rmSync(path, { recursive: true });
    else renameSync(path, place);
  }
}

/** Waits until a folder with all that is in it has reached the disk. It may be open: what its owner removes meanwhile does not count. */
export async function sync(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    await (entry.isDirectory() ? syncDirectory(path) : syncOne(path, "r+"));
  }
  await syncDirectory(folder);
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has nothing of the kind.
  if (process.platform !== "win32") await syncOne(path, "r");
}

async function syncOne(path: string, flags: "r" | "r+"): Promise<void> {
  try {
    await using handle = await open(path, flags);
    await handle.sync();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
