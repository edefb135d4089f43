/** Is a file of a model the one that the manifest describes? */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ModelFile } from "./manifest.ts";

/** Looks at the length only. @returns the file's path. @throws Error that says what is wrong with it, for operators. */
export async function locateFile(folder: string, { path, bytes }: ModelFile): Promise<string> {
  const file = join(folder, path);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new Error(`${path} is missing`);
  if (found.size !== bytes) throw new Error(`${path} has ${found.size} bytes, not ${bytes}`);
  return file;
}

/** Reads all of it. @returns the file's path. @throws Error that says what is wrong with it, for operators. */
export async function verifyFile(folder: string, model: ModelFile): Promise<string> {
  // First the length: a download that was cut short is told apart, and without reading gigabytes.
  const file = await locateFile(folder, model);
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const digest = hash.digest("hex");
  if (digest !== model.sha256) throw new Error(`${model.path} has SHA-256 ${digest}, not ${model.sha256}`);
  return file;
}
