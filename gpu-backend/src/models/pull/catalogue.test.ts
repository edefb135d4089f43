import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { withFiles } from "../manifest.ts";
import { findInCatalogue, readCatalogue } from "./catalogue.ts";
import { modelToPull } from "./testing/model-to-pull.ts";
import { chooseVariants, filesOf } from "./variants.ts";

const OURS = join(import.meta.dirname, "../../../../models/manifests");
const { entry } = modelToPull(10);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "catalogue-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("reads ours", async () => {
  const clip = await findInCatalogue(OURS, "clip-vit-base-patch32");
  expect(chooseVariants(clip, [])).toEqual(["int8"]);
  // A branch moves; a commit does not.
  for (const { url } of filesOf(clip)) expect(url).toContain(`/resolve/${clip.revision}/`);
});

it("names the models there are when asked for another", async () => {
  await expect(findInCatalogue(OURS, "clip")).rejects.toThrow(/no model "clip"\. It has: .*clip-vit-base-patch32/);
});

it.each<[string, unknown, string]>([
  ["is not JSON", "{", "SyntaxError"],
  ["lacks a field", { ...entry, dims: undefined }, "dims"],
  ["is of another model", { ...entry, id: "other" }, 'of the model "other"'],
  [
    "has a file that comes from nowhere",
    { ...entry, text: { ...entry.text, tokenizer: { ...entry.text.tokenizer, url: undefined } } },
    "every file of a catalogue's manifest has a url",
  ],
  [
    "has no variant that all graphs have",
    withFiles(entry, ({ int8, fp32 }, graph) => (graph === "image" ? { fp16: fp32 } : { int8 })),
    "the graphs of a catalogue's manifest have a variant in common",
  ],
])("names a manifest that %s", async (_, manifest, reason) => {
  await writeFile(join(folder, "acme-clip.json"), typeof manifest === "string" ? manifest : JSON.stringify(manifest));
  await expect(readCatalogue(folder)).rejects.toThrow(join(folder, "acme-clip.json"));
  await expect(readCatalogue(folder)).rejects.toThrow(reason);
});

it("says that there is no catalogue", async () => {
  await expect(readCatalogue(join(folder, "none"))).rejects.toThrow("there is no catalogue at");
});
