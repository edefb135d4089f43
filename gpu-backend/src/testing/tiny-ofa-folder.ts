/** The tiny OFA as a folder that the registry reads. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TinyOfaChanges, tinyOfa } from "@sightline/shared/testing/tiny-ofa";

/** Writes `<modelsDir>/<name>`. @returns the folder. */
export async function writeTinyOfa(modelsDir: string, name: string, changes: TinyOfaChanges = {}): Promise<string> {
  const folder = join(modelsDir, name);
  await mkdir(folder, { recursive: true });
  for (const [file, bytes] of await tinyOfa(name, changes)) await writeFile(join(folder, file), bytes);
  return folder;
}
