/** `models remove`: takes away a pulled model, or what an interrupted pull has left. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { MANIFEST } from "../model-folders.ts";
import { UsageError } from "../pull/errors.ts";
import { readInstalled } from "../pull/installed.ts";
import { lockModel } from "../pull/lock.ts";

export interface RemoveOptions {
  readonly builtInDir: string;
  readonly dir: string;
}

/**
 * @param name of the folder, `<id>` or `<id>@<revision>`.
 * @returns the folder that is gone.
 * @throws UsageError if the model is built in, or not there.
 */
export async function removeModel(name: string, { builtInDir, dir }: RemoveOptions): Promise<string> {
  const builtIn = await readInstalled(builtInDir);
  if (builtIn.models.some((model) => model.name === name)) throw new UsageError(`${name} is built in: it stays`);
  const { models, incomplete, unreadable } = await readInstalled(dir);
  const here = [...models, ...unreadable, ...incomplete];
  // Only a name that was read from the disk becomes a path to delete.
  const found = here.find((model) => model.name === name);
  if (!found) {
    throw new UsageError(`${dir} has no model "${name}". It has: ${here.map((m) => m.name).join(", ") || "none"}`);
  }
  lockModel(found.folder);
  // First of all what makes it a model, so that nobody meets half of one.
  await rm(join(found.folder, MANIFEST), { force: true });
  await rm(found.folder, { recursive: true });
  return found.folder;
}
