/** `models verify`: are the files that are here the ones that their manifests describe? */

import { UsageError } from "../pull/errors.ts";
import { readInstalled } from "../pull/installed.ts";
import { filesOf } from "../pull/variants.ts";
import { verifyFile } from "../verify.ts";

export interface Verdict {
  /** The name of the model's folder. */
  readonly model: string;
  readonly file: string;
  /** undefined if it is good. */
  readonly fault: string | undefined;
}

/**
 * @param wanted an id or the name of a folder; none verifies all.
 * @yields a verdict a file, as soon as it is known: gigabytes take a while.
 * @throws UsageError if there is no such model.
 */
export async function* verifyModels(
  dirs: readonly string[],
  wanted: string | undefined,
): AsyncGenerator<Verdict, void, void> {
  const found = await Promise.all(dirs.map(readInstalled));
  const isWanted = (name: string, id = name) => wanted === undefined || wanted === name || wanted === id;
  const models = found.flatMap((f) => f.models).filter(({ name, manifest }) => isWanted(name, manifest.id));
  const unreadable = found.flatMap((f) => f.unreadable).filter(({ name }) => isWanted(name));
  if (wanted !== undefined && models.length + unreadable.length === 0) {
    const names = found.flatMap((f) => f.models.map(({ name }) => name));
    throw new UsageError(`there is no model "${wanted}" here. There is: ${names.join(", ") || "none"}`);
  }
  for (const { name, reason } of unreadable) yield { model: name, file: "manifest.json", fault: reason };
  for (const { name, folder, manifest } of models) {
    for (const file of filesOf(manifest)) {
      const fault = await verifyFile(folder, file).then(() => undefined, messageOf);
      yield { model: name, file: file.path, fault };
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
