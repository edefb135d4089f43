/** Is a file of a model the one that the manifest describes? */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ModelFile } from "./manifest.ts";

/** @returns the file's path. @throws Error that says what is wrong with it; it may be shown to operators. */
export async function verifyFile(folder: string, { path, bytes, sha256 }: ModelFile): Promise<string> {
  const file = join(folder, path);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new Error(`${path} is missing`);
  // Before the digest: a download that was cut short is told apart, and without reading gigabytes.
  if (found.size !== bytes) throw new Error(`${path} has ${found.size} bytes, not ${bytes}`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const digest = hash.digest("hex");
  if (digest !== sha256) throw new Error(`${path} has SHA-256 ${digest}, not ${sha256}`);
  return file;
}
