/**
 * Keeps a space's folder as it is until zvec has closed it. zvec 0.7 writes out its map of ids before the manifest that goes with
 * it: a kill or a full disk in between leaves a map that is ahead, and the next opening takes all rows of the log for replaced ones.
 * So the folder lies beside its place once more meanwhile, as hard links, and whatever opens it after a closing that was not
 * completed has that one put back, log and all.
 */
import { constants, copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** The ending of a folder as it was before its closing began. */
export const KEPT = "~kept";
/** The ending of such a folder that is not whole. */
export const PIECES = "~pieces";

/** The files that closing changes in place: RocksDB appends to its manifest. All others are made anew, or at the next reading of the log. */
const isChangedInPlace = (name: string): boolean => name.startsWith("MANIFEST-");

/** @throws if there is no room for it; nothing has changed then. */
export function keepAsItIs(folder: string): void {
  const pieces = folder + PIECES;
  try {
    link(folder, pieces);
    renameSync(pieces, folder + KEPT);
  } catch (error) {
    rmSync(pieces, { recursive: true, force: true });
    throw error;
  }
}

/** Once the folder is closed: before anything else is written into it. */
export function discardKept(folder: string): void {
  // Else a kill in the midst of the removal would leave what looks whole.
  renameSync(folder + KEPT, folder + PIECES);
  rmSync(folder + PIECES, { recursive: true });
}

/** Before the folder is opened. */
export function putBack(folder: string): void {
  rmSync(folder + PIECES, { recursive: true, force: true });
  if (!existsSync(folder + KEPT)) return;
  rmSync(folder, { recursive: true, force: true });
  renameSync(folder + KEPT, folder);
}

function link(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) link(source, target);
    else if (isChangedInPlace(entry.name)) copy(source, target);
    else linkOrCopy(source, target);
  }
}

/** Not every file system has hard links. */
function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copy(source, target);
  }
}

const copy = (source: string, target: string): void => copyFileSync(source, target, constants.COPYFILE_FICLONE);
