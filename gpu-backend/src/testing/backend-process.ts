/** The backend as a process of its own, as it runs everywhere. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { SECRET, signedClient } from "./signed-client.ts";

const running = new Set<ChildProcess>();

/** Starts it and does not wait. */
export function spawnBackend(environment: Readonly<Record<string, string>>) {
  const child = fork(join(import.meta.dirname, "../main.ts"), {
    cwd: join(import.meta.dirname, "../../.."),
    env: { ...process.env, BACKEND_SECRET: SECRET, PORT: "0", LOG_LEVEL: "fatal", ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (part: Buffer) => {
      output += part.toString();
    });
  }
  return { child, output: () => output };
}

/** Starts it and waits until it serves. @throws Error with what it said if it ends instead. */
export async function startBackend(environment: Readonly<Record<string, string>>) {
  const { child, output } = spawnBackend(environment);
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the backend ended with code ${code}: ${output()}`);
  });
  const [{ ready }] = await Promise.race([once(child, "message"), ended]);
  ended.catch(() => {});
  const port = ready.port as number;
  const url = `http://127.0.0.1:${port}`;
  return { child, output, port, url, call: signedClient(fetch, url) };
}

/** Kills what still runs; for `afterEach`. */
export async function killBackends(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }),
  );
}
