/** `models remove`: takes away a pulled model, some of its variants, or what an interrupted pull has left. */
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Variant } from "../manifest.ts";
import { MANIFEST } from "../model-folders.ts";
import { UsageError } from "../pull/errors.ts";
import { PARTIAL, readInstalled } from "../pull/installed.ts";
import { lockModel } from "../pull/lock.ts";
import { writeManifest } from "../pull/pull.ts";
import { filesOf, variantsOf, withVariants } from "../pull/variants.ts";

export interface RemoveOptions {
  readonly builtInDir: string;
  readonly dir: string;
}

/**
 * @param name of the folder, `<id>` or `<id>@<revision>`.
 * @returns the folder that is gone.
 * @throws UsageError if the model is built in, or not there.
 */
export async function removeModel(name: string, options: RemoveOptions): Promise<string> {
  const { folder } = await findRemovable(name, options);
  lockModel(folder);
  // First of all what makes it a model, so that nobody meets half of one.
  await rm(join(folder, MANIFEST), { force: true });
  await rm(folder, { recursive: true });
  return folder;
}

/**
 * A server that has them loaded goes on with them, but cannot replace a session's worker that dies: it needs a restart, which
 * takes one that is left.
 * @returns the variants that are left.
 * @throws UsageError if the model lacks one of them, or would be left with none.
 */
export async function removeVariants(
  name: string,
  variants: readonly Variant[],
  options: RemoveOptions,
): Promise<readonly Variant[]> {
  const { folder, manifest } = await findRemovable(name, options);
  if (!manifest) throw new UsageError(`${name} is not whole: remove it without --variant, or pull it again`);
  const here = variantsOf(manifest);
  const missing = variants.filter((variant) => !here.includes(variant));
  if (missing.length > 0) throw new UsageError(`${name} has no ${missing.join(", ")} here. It has: ${here.join(", ")}`);
  const left = here.filter((variant) => !variants.includes(variant));
  if (left.length === 0) throw new UsageError(`nothing would be left of ${name}: remove it without --variant`);
  const remaining = withVariants(manifest, left);
  const kept = new Set(filesOf(remaining).map(({ path }) => path));
  const lock = lockModel(folder);
  try {
    await writeManifest(folder, remaining);
    for (const { path } of filesOf(manifest)) if (!kept.has(path)) await rm(join(folder, path), { force: true });
  } finally {
    lock.release();
    // Refused where a begun pull has left something, which the next one continues.
    await rmdir(join(folder, PARTIAL)).catch(() => undefined);
  }
  return left;
}

async function findRemovable(name: string, { builtInDir, dir }: RemoveOptions) {
  const builtIn = await readInstalled(builtInDir);
  if (builtIn.models.some((model) => model.name === name)) throw new UsageError(`${name} is built in: it stays`);
  const { models, incomplete, unreadable } = await readInstalled(dir);
  const here = [...models, ...unreadable, ...incomplete];
  // Only a name that was read from the disk becomes a path to delete.
  const found = here.find((model) => model.name === name);
  if (!found) {
    throw new UsageError(`${dir} has no model "${name}". It has: ${here.map((m) => m.name).join(", ") || "none"}`);
  }
  return { folder: found.folder, manifest: models.find((model) => model.name === name)?.manifest };
}
