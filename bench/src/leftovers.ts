/** What a benchmark must not leave behind, not even when it is interrupted: folders, and processes of a group of their own. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

const leftovers = new Set<() => void>();

process.once("exit", () => {
  // The last first: a folder outlives the processes that write into it.
  for (const clear of [...leftovers].reverse())
    try {
      clear();
    } catch (error) {
      console.error(`something was left behind: ${error}`);
    }
});
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => process.exit(128 + constants.signals[signal]));

/**
 * Calls `clear`, which must be synchronous, if this process ends before.
 * @returns what to call once there is nothing left to clear.
 */
export function clearAtExit(clear: () => void): () => void {
  leftovers.add(clear);
  return () => leftovers.delete(clear);
}

export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  // Retries: a process that has just been killed may still be writing.
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 10 });
  const forget = clearAtExit(remove);
  return {
    path,
    [Symbol.dispose]() {
      remove();
      forget();
    },
  };
}
