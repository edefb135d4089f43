/** Where the local stack finds models: the built-in ones, and those that `npm run models -- pull` has fetched. */
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./settings.ts";

const BUILT_IN = join(ROOT, "models");
const CATALOGUE = join(BUILT_IN, "manifests");

/** @param dir the stack's own folder. */
export const modelFolders = (dir: string): readonly string[] => [BUILT_IN, join(dir, "models")];

/** @throws Error that says how to get the model if it is in none of the folders. */
export async function requireModel(id: string, folders: readonly string[]): Promise<void> {
  const here = (await Promise.all(folders.map(modelsIn))).flat();
  if (here.includes(id)) return;
  const catalogue = (await namesIn(CATALOGUE)).map((name) => name.replace(/\.json$/, ""));
  if (catalogue.includes(id)) {
    throw new Error(`the model ${id} is not here yet. Get it first: npm run models -- pull ${id}`);
  }
  throw new Error(
    `there is no model "${id}". Here: ${[...new Set(here)].join(", ")}. To be pulled: ${catalogue.join(", ")}`,
  );
}

/** The ids of the models in a folder, where a second revision lies in `<id>@<revision>`. */
async function modelsIn(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  const found = await Promise.all(
    names.map((name) =>
      access(join(folder, name, "manifest.json")).then(
        () => [name.replace(/@.*/, "")],
        () => [],
      ),
    ),
  );
  return found.flat();
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);
