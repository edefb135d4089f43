/**
 * The V8 heap of the worker's isolate, from workerd's inspector. wrangler's own inspector would do too, but it receives every
 * log line and keeps it: it would grow with the calls that are being watched. So workerd is started by a script that adds
 * an inspector's address to its arguments.
 */
import { chmod, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { freePort } from "./stack.ts";

/** Miniflare's name of the worker of wrangler.toml. */
const ISOLATE = "core:user:sightline";
const Targets = z.array(z.object({ id: z.string() }));
const Message = z.object({
  id: z.int().optional(),
  result: z.unknown(),
  error: z.object({ message: z.string() }).optional(),
});
const HeapUsage = z.object({ usedSize: z.number(), backingStorageSize: z.number() });
/** Of that workerd which wrangler brings along: its module exports the path. */
const { default: WORKERD } = z
  .object({ default: z.string() })
  .parse(createRequire(createRequire(import.meta.url).resolve("wrangler"))("workerd"));
/** A collection waits for the isolate's next turn. */
const PATIENCE_MS = 30_000;

export interface WatchedWorkerd {
  /** For the stack's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Bytes that are still in use after a full collection: objects, and what array buffers hold. The isolate must be at work
   * meanwhile: it collects in its next turn.
   */
  usedBytes(): Promise<number>;
}

/** wrangler runs two: its proxy and the worker. Whoever starts first takes the first port. @param dir for the script. */
export async function watchWorkerd(dir: string): Promise<WatchedWorkerd> {
  const ports = [await freePort(), await freePort()] as const;
  const script = join(dir, "workerd-with-inspector");
  await writeFile(
    script,
    `#!/bin/sh
mkdir "${script}.first" 2>/dev/null && port=${ports[0]} || port=${ports[1]}
exec "${WORKERD}" "$@" --inspector-addr=127.0.0.1:$port
`,
  );
  await chmod(script, 0o700);
  return {
    environment: { MINIFLARE_WORKERD_PATH: script },
    async usedBytes() {
      using inspector = await connect(await portOf(ports));
      await inspector.send("HeapProfiler.collectGarbage");
      const { usedSize, backingStorageSize } = HeapUsage.parse(await inspector.send("Runtime.getHeapUsage"));
      return usedSize + backingStorageSize;
    },
  };
}

async function portOf(ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    const targets = Targets.parse(await (await fetch(`http://127.0.0.1:${port}/json`)).json());
    if (targets.some(({ id }) => id === ISOLATE)) return port;
  }
  throw new Error(`no workerd has an isolate "${ISOLATE}"`);
}

interface Inspector extends Disposable {
  /** @throws Error if the isolate refuses the command or does not answer. */
  send(method: string): Promise<unknown>;
}

function connect(port: number): Promise<Inspector> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${ISOLATE}`);
  let id = 0;
  const send = (method: string): Promise<unknown> => {
    const own = ++id;
    const answer = new Promise<unknown>((resolve, reject) => {
      socket.addEventListener("message", ({ data }) => {
        const message = Message.parse(JSON.parse(String(data)));
        if (message.id !== own) return;
        if (message.error) reject(new Error(`${method}: ${message.error.message}`));
        else resolve(message.result);
      });
    });
    const late = sleep(PATIENCE_MS, undefined, { ref: false }).then(() => {
      throw new Error(`${method}: no answer`);
    });
    socket.send(JSON.stringify({ id: own, method, params: {} }));
    return Promise.race([answer, late]);
  };
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve({ send, [Symbol.dispose]: () => socket.close() }));
    socket.addEventListener("error", () => reject(new Error("the worker's inspector cannot be reached")));
  });
}
