/** A real Redis of one's own, where it is installed: the in-memory stand-in of the local stack runs Lua in JavaScript. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { clearAtExit } from "./leftovers.ts";
import { freePort } from "./stack.ts";

export interface OwnRedis extends AsyncDisposable {
  readonly url: string;
}

/** @returns null where there is no redis-server. */
export async function startRedis(): Promise<OwnRedis | null> {
  if (spawnSync("redis-server", ["--version"]).error) return null;
  const port = await freePort();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const server = spawn("redis-server", settings, { stdio: "ignore" });
  const exited = once(server, "exit");
  const forget = clearAtExit(() => server.kill("SIGKILL"));
  while (!(await accepts(port))) await sleep(20);
  return {
    url: `redis://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL");
      await exited;
      forget();
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
