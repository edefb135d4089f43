import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";

const BUSY = `
  import { execFileSync } from "node:child_process";
  import { parentPort } from "node:worker_threads";
  parentPort.postMessage("busy");
  execFileSync("sleep", ["100"]);
`;
const PROGRAM = `
  import { Worker } from "node:worker_threads";
  import { setTimeout } from "node:timers/promises";
  import { killSelf } from ${JSON.stringify(new URL("./kill-self.ts", import.meta.url).href)};
  const worker = new Worker(${JSON.stringify(BUSY)}, { eval: true });
  await new Promise((resolve) => worker.once("message", resolve));
  // The message is sent just before the thread goes into native code.
  await setTimeout(200);
  killSelf();
`;
const NODE = [process.execPath, "--input-type=module", "--eval", PROGRAM];
/** Of processes: whatever is started in it is process 1, as in a container, and ends with it. */
const NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child"];
const canIsolate =
  process.platform === "linux" && spawnSync(NAMESPACE[0]!, [...NAMESPACE.slice(1), "true"]).status === 0;

/** @returns how it ended. What it started is gone then, too. */
async function endOf([command, ...args]: readonly string[]) {
  const child = spawn(command!, args, { detached: true, stdio: "ignore" });
  const [code, signal] = await once(child, "exit");
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // Nobody was left.
  }
  return { code, signal };
}

describe("killSelf", () => {
  it("ends a process one of whose threads is in native code", async () => {
    expect(await endOf(NODE)).toEqual({ code: null, signal: "SIGKILL" });
  });

  it.skipIf(!canIsolate)("ends a container's first process, which no signal of its own can kill", async () => {
    // Its own SIGABRT does not reach it either; the instruction with which the C library's `abort` ends does.
    expect((await endOf([...NAMESPACE, ...NODE])).signal).toMatch(/^SIG(ABRT|SEGV|ILL|TRAP)$/);
  });
});
