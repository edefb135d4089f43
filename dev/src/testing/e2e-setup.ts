/** vitest's global set-up of the end-to-end tests: one state folder, so that only the first start of the stack is cold. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

declare module "vitest" {
  interface ProvidedContext {
    stackDir: string;
  }
}

export default async function setup({ provide }: { provide: (key: "stackDir", value: string) => void }) {
  // Spaces, as the folders of users have them.
  const dir = await mkdtemp(join(tmpdir(), "sight line "));
  provide("stackDir", dir);
  return () => rm(dir, { recursive: true, force: true });
}
