/** What some tests need of the machine: where it is not there they are skipped aloud, and fail in CI. */
import { execFileSync } from "node:child_process";

/**
 * @param look throws if it is not there.
 * @param notice what is missing, and what to do.
 * @throws Error in CI.
 */
export function isHere(look: () => unknown, notice: string): boolean {
  try {
    look();
    return true;
  } catch (cause) {
    if (process.env.CI) throw new Error(notice, { cause });
    console.warn(`\n  SKIPPED: ${notice}\n`);
    return false;
  }
}

/** For `isHere`. */
export const runs =
  (program: string, ...args: readonly string[]) =>
  (): unknown =>
    execFileSync(program, args, { stdio: "ignore" });
