import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { modelFolders, requireModel } from "./models.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "stack-"));
});
afterEach(() => rm(dir, { recursive: true }));

const find = (id: string) => requireModel(id, modelFolders(dir));

async function pulled(name: string): Promise<void> {
  await mkdir(join(dir, "models", name), { recursive: true });
  await writeFile(join(dir, "models", name, "manifest.json"), "{}");
}

it("finds the built-in model, and pulled ones by id, whatever their folder's revision", async () => {
  await pulled("acme-clip@2");
  await expect(find("emoji-dual")).resolves.toBeUndefined();
  await expect(find("acme-clip")).resolves.toBeUndefined();
});

it("says how to get a model of the catalogue", async () => {
  const message = "Get it first: npm run models -- pull clip-vit-base-patch32";
  await expect(find("clip-vit-base-patch32")).rejects.toThrow(message);
  // A pull that has not ended has no manifest.
  await mkdir(join(dir, "models/clip-vit-base-patch32/.partial"), { recursive: true });
  await expect(find("clip-vit-base-patch32")).rejects.toThrow(message);
});

it("names the models there are when asked for one that nobody knows", async () => {
  await pulled("acme-clip");
  await expect(find("clip")).rejects.toThrow(
    /^there is no model "clip"\. Here: emoji-dual, emoji-entail, acme-clip\. To be pulled: .*clip-vit-base-patch32/,
  );
});
