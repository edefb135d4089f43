/** A Node process of our own that says on its channel where it listens. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { z } from "zod";

const STOP_GRACE_MS = 20_000;

export interface Child extends AsyncDisposable {
  /** Waits for a message of this shape; others are passed over. @throws Error if the process ends first. */
  message<T>(schema: z.ZodType<T>): Promise<T>;
}

/** @param environment added to ours. */
export function startChild(file: string, cwd: string, environment: Readonly<Record<string, string>>): Child {
  const child = fork(file, {
    cwd,
    env: { ...process.env, ...environment },
    // Our stdout is the report's.
    stdio: ["ignore", 2, 2, "ipc"],
  });
  const heard: unknown[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  child.on("message", (message) => {
    heard.push(message);
    wake();
  });
  child.once("exit", wake);
  return {
    message: (schema) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = heard.map((message) => schema.safeParse(message)).find((result) => result.success);
          if (!found && !ended(child)) return;
          waiting.delete(look);
          if (found) resolve(found.data);
          else reject(new Error(`${file} ended by itself (exit code ${child.exitCode}); see the lines above`));
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      if (ended(child)) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
      await gone;
      clearTimeout(force);
    },
  };
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
