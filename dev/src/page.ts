/** Builds the page when its sources are newer than the last build. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { build } from "vite";
import { ROOT } from "./settings.ts";

export const PLAYGROUND = join(ROOT, "playground");

/** Whatever of ours lies in the bundle lies in one of these: limits and the look at an image's first bytes are shared. */
export const PAGE_SOURCES = [PLAYGROUND, join(ROOT, "shared/src")] as const;

export async function buildPage(): Promise<void> {
  const built = await stat(join(PLAYGROUND, "dist/index.html")).catch(() => undefined);
  if (built && built.mtimeMs > Math.max(...(await Promise.all(PAGE_SOURCES.map(newestIn))))) return;
  await build({ root: PLAYGROUND, logLevel: "warn" });
}

async function newestIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((e) => e.isFile() && !/\/(dist|node_modules)(\/|$)/.test(e.parentPath));
  const times = await Promise.all(files.map(async (e) => (await stat(join(e.parentPath, e.name))).mtimeMs));
  return Math.max(0, ...times);
}
