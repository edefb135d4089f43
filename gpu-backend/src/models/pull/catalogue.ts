/** The models that can be pulled: a folder of manifests, `<id>.json`, in which every file says where it comes from. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Manifest } from "../manifest.ts";
import { UsageError } from "./errors.ts";
import { filesOf, variantsOf } from "./variants.ts";

const SUFFIX = ".json";

const CatalogueEntry = Manifest.refine((manifest) => filesOf(manifest).every((file) => file.url !== undefined), {
  message: "every file of a catalogue's manifest has a url",
}).refine((manifest) => variantsOf(manifest).length > 0, {
  // Variants are pulled by one name for all graphs.
  message: "the graphs of a catalogue's manifest have a variant in common",
});

/** @returns by id, in order. @throws Error that names the manifest at fault. */
export async function readCatalogue(folder: string): Promise<ReadonlyMap<string, Manifest>> {
  const names = await readdir(folder).catch(() => {
    throw new UsageError(`there is no catalogue at ${folder}`);
  });
  const entries = new Map<string, Manifest>();
  for (const name of names.filter((n) => n.endsWith(SUFFIX)).toSorted()) {
    const id = name.slice(0, -SUFFIX.length);
    entries.set(id, await readEntry(join(folder, name), id));
  }
  return entries;
}

/** @throws UsageError that lists the ids there are. */
export async function findInCatalogue(folder: string, id: string): Promise<Manifest> {
  const catalogue = await readCatalogue(folder);
  const manifest = catalogue.get(id);
  if (manifest) return manifest;
  throw new UsageError(`the catalogue has no model "${id}". It has: ${[...catalogue.keys()].join(", ")}`);
}

async function readEntry(path: string, id: string): Promise<Manifest> {
  try {
    const manifest = CatalogueEntry.parse(JSON.parse(await readFile(path, "utf8")));
    if (manifest.id !== id) throw new Error(`it is of the model "${manifest.id}"`);
    return manifest;
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${path} is no manifest of a catalogue: ${reason}`, { cause: error });
  }
}
