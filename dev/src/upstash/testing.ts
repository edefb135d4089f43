/** For tests: a real Redis of their own, and the backings that every behaviour must hold on. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { isHere, runs } from "../testing/needs.ts";
import { freePort } from "../testing/ports.ts";
import type { UpstashOptions } from "./server.ts";

const isRedisInstalled = isHere(runs("redis-server", "--version"), "no redis-server on PATH: install redis-server");

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
