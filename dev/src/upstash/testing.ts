/** For tests: a real Redis of their own, and the backings that every behaviour must hold on. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { freePort } from "../testing/ports.ts";
import type { UpstashOptions } from "./server.ts";

const isRedisInstalled = spawnSync("redis-server", ["--version"]).error === undefined;
if (!isRedisInstalled) {
  const notice = "no redis-server on PATH: nothing is checked against a real Redis";
  if (process.env.CI === "true") throw new Error(notice);
  process.stderr.write(`NOTICE: ${notice}\n`);
}

interface OpenBacking {
  readonly options: UpstashOptions["backing"];
  close(): Promise<void>;
}

interface TestedBacking {
  readonly name: string;
  readonly isAbsent: boolean;
  open(): Promise<OpenBacking>;
}

export const memoryBacking: TestedBacking = {
  name: "in memory",
  isAbsent: false,
  open: async () => ({ options: { kind: "memory" }, close: async () => {} }),
};

export const redisBacking: TestedBacking = {
  name: "on a real Redis",
  isAbsent: !isRedisInstalled,
  async open() {
    const port = await freePort();
    const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const server = spawn("redis-server", settings, { stdio: "ignore" });
    await untilReady(port);
    return { options: { kind: "redis", url: `redis://127.0.0.1:${port}` }, close: () => end(server) };
  },
};

async function untilReady(port: number): Promise<void> {
  const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on("error", () => {});
  await client.ping();
  client.disconnect();
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
