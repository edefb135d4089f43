/** Where models lie: `<id>` or `<id>@<revision>` with a manifest inside, in any of several folders. */
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";

export const MANIFEST = "manifest.json";

export interface ModelFolder {
  readonly path: string;
  /** `<id>` or `<id>@<revision>`. */
  readonly name: string;
  readonly id: string;
  /** Undefined for `<id>`, which may hold any revision. */
  readonly revision: string | undefined;
  /** Which of the folders it lies in. */
  readonly dirIndex: number;
}

/**
 * @param wanted names, of which `<id>` means every revision; or all that there are.
 * @returns in the order of `wanted`, then of `dirs`, then by name. A folder of `dirs` that does not exist holds none.
 * @throws Error if one is there and cannot be read.
 */
export async function findModelFolders(
  dirs: readonly string[],
  wanted: readonly string[] | "all",
): Promise<readonly ModelFolder[]> {
  const all = (await Promise.all(dirs.map(modelFoldersIn))).flat();
  if (wanted === "all") return all;
  const matching = wanted.flatMap((name) => all.filter((folder) => isWanted(folder, name)));
  return [...new Set(matching)];
}

export const isWanted = (folder: Pick<ModelFolder, "id" | "name">, name: string): boolean =>
  folder.name === name || folder.id === name;

const NATURAL = new Intl.Collator("en", { numeric: true });

/**
 * Which revision of an id a caller gets who names only the id: that of `<id>` before those of `<id>@<revision>`, then by
 * the order of the folders that they lie in, then the highest revision (`10` before `9`). Ids keep their order.
 */
export function inOrderOfPreference<T extends { readonly folder: ModelFolder }>(offers: readonly T[]): readonly T[] {
  const ids = [...new Set(offers.map(({ folder }) => folder.id))];
  return offers.toSorted(
    ({ folder: a }, { folder: b }) =>
      ids.indexOf(a.id) - ids.indexOf(b.id) ||
      Number(a.revision !== undefined) - Number(b.revision !== undefined) ||
      a.dirIndex - b.dirIndex ||
      NATURAL.compare(b.revision ?? "", a.revision ?? ""),
  );
}

async function modelFoldersIn(dir: string, dirIndex: number): Promise<readonly ModelFolder[]> {
  // A hidden folder is one that is not finished, or none of ours.
  const names = (await namesIn(dir)).filter((name) => !name.startsWith(".")).toSorted();
  const held = await Promise.all(names.map((name) => exists(join(dir, name, MANIFEST))));
  return names
    .filter((_, i) => held[i])
    .map((name) => {
      const at = name.indexOf("@");
      const [id, revision] = at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)];
      return { path: join(dir, name), name, id, revision, dirIndex };
    });
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
