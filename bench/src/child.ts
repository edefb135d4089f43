/** A Node process of our own that says on its channel when it is ready, and where. */
import { fork } from "node:child_process";
import { once } from "node:events";
import type { z } from "zod";
import { clearAtExit } from "./leftovers.ts";

const STOP_GRACE_MS = 20_000;

export interface Child<T> extends AsyncDisposable {
  /** The first thing that it said. */
  readonly ready: T;
}

/**
 * @param environment added to ours.
 * @throws Error if the process ends before it is ready, or says something of another shape.
 */
export async function startChild<T>(
  file: string,
  cwd: string,
  environment: Readonly<Record<string, string>>,
  schema: z.ZodType<T>,
): Promise<Child<T>> {
  const child = fork(file, {
    cwd,
    env: { ...process.env, ...environment },
    // Our stdout is the report's.
    stdio: ["ignore", 2, 2, "ipc"],
  });
  const exited = once(child, "exit");
  child.once(
    "exit",
    clearAtExit(() => child.kill("SIGKILL")),
  );
  const stop = async () => {
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
    await exited;
    clearTimeout(force);
  };
  const early = exited.then(([code, signal]) => {
    throw new Error(`${file} ended by itself (${signal ?? `exit code ${code}`}); see the lines above`);
  });
  try {
    const [message] = await Promise.race([once(child, "message"), early]);
    return { ready: schema.parse(message), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    // Later ends are noticed by the calls that fail.
    early.catch(() => undefined);
  }
}
