/** Runs the backend as a child process, with a channel on which it says where it listens and when it is ready. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "./settings.ts";

const Message = z.union([z.object({ port: z.number() }), z.object({ ready: z.literal(true) })]);

export interface Backend {
  readonly url: string;
  /** Rejects when the process ends by itself. */
  readonly exited: Promise<never>;
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 10_000;

/** @throws Error if the backend ends before it is ready. */
export async function startBackend(environment: Readonly<Record<string, string>>): Promise<Backend> {
  const child = fork(join(ROOT, "gpu-backend/src/main.ts"), {
    cwd: ROOT,
    env: { ...process.env, ...environment, HOST: "127.0.0.1", PORT: "0" },
    // A Ctrl-C reaches the whole foreground group: the backend waits for our own word, given in order.
    detached: true,
  });
  const exited = once(child, "exit").then(([code, signal]) => {
    throw new Error(`the backend ended by itself (${signal ?? `exit code ${code}`}); see the lines above`);
  });
  // Observed by whoever runs the stack; until then an early end must not count as unhandled.
  exited.catch(() => undefined);
  const port = await Promise.race([untilReady(child), exited]);
  return { url: `http://127.0.0.1:${port}`, exited, stop: () => stop(child) };
}

async function untilReady(child: ChildProcess): Promise<number> {
  let port = 0;
  for (;;) {
    const [raw] = await once(child, "message");
    const message = Message.parse(raw);
    if ("ready" in message) return port;
    port = message.port;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
  await gone;
  clearTimeout(force);
}
