/** Builds the page when its sources are newer than the last build. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { build } from "vite";
import { ROOT } from "./settings.ts";

const PLAYGROUND = join(ROOT, "playground");

export async function buildPage(): Promise<void> {
  const built = await stat(join(PLAYGROUND, "dist/index.html")).catch(() => undefined);
  if (built && built.mtimeMs > (await newestSource())) return;
  await build({ root: PLAYGROUND, logLevel: "warn" });
}

async function newestSource(): Promise<number> {
  const entries = await readdir(PLAYGROUND, { recursive: true, withFileTypes: true });
  const files = entries.filter((e) => e.isFile() && !/\/(dist|node_modules)(\/|$)/.test(e.parentPath));
  const times = await Promise.all(files.map(async (e) => (await stat(join(e.parentPath, e.name))).mtimeMs));
  return Math.max(0, ...times);
}
