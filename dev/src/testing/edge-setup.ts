/**
 * vitest's global set-up of the tests in workerd: their world, as bindings. It runs in a process of its own, since vitest
 * resolves packages for workers here, and a Redis client is none for them.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("edge-world-main.ts", import.meta.url));

export default async function setup({ provide }: { provide: (key: string, value: unknown) => void }) {
  const child = fork(ENTRY, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const exited = once(child, "exit");
  const early = exited.then(([code]) => {
    throw new Error(`the tests' world ended by itself (${code}); see the lines above`);
  });
  const [bindings] = await Promise.race([once(child, "message"), early]);
  early.catch(() => undefined);
  provide("world", bindings);
  return async () => {
    child.disconnect();
    await exited;
  };
}
