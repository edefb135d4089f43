/**
 * Runs a part of the stack as a process of its own, with a channel: the part says on it when it is ready, and ends when
 * it closes, so that nothing is left behind even if this process is killed. Detached, because a Ctrl-C reaches the
 * whole foreground group at once, and the parts have to end in order.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "./settings.ts";

const Ready = z.object({ ready: z.object({ port: z.number().int() }) });

export interface Part {
  readonly port: number;
  /** Rejects when the process ends. */
  readonly exited: Promise<never>;
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 10_000;

/**
 * @param script from the root of the repository.
 * @param onStarted gets the way to stop the process at once, long before it is ready.
 * @throws Error if the process ends before it is ready.
 */
export async function startPart(
  name: string,
  script: string,
  environment: Readonly<Record<string, string>>,
  onStarted: (stop: () => Promise<void>) => void = () => undefined,
): Promise<Part> {
  const child = fork(join(ROOT, script), { cwd: ROOT, env: { ...process.env, ...environment }, detached: true });
  onStarted(() => stop(child));
  const exited = once(child, "exit").then(([code, signal]) => {
    endGroup(child);
    throw new Error(`the ${name} ended by itself (${signal ?? `exit code ${code}`})`);
  });
  // Whoever runs the stack watches it from the return on; an end before that is reported by the race.
  exited.catch(() => undefined);
  const port = await Promise.race([untilReady(child), exited]);
  return { port, exited, stop: () => stop(child) };
}

/** A part that was killed has not ended its own children: they are in its process group. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody was left.
  }
}

async function untilReady(child: ChildProcess): Promise<number> {
  for (;;) {
    const [message] = await once(child, "message");
    const parsed = Ready.safeParse(message);
    if (parsed.success) return parsed.data.ready.port;
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
