import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import type { SessionSpec, WorkerSpec } from "../inference/session-protocol.ts";
import { BreakdownWatch } from "./breakdown.ts";
import { type BrokenEngine, type Engine, openEngine } from "./engine.ts";

const faultyWorker = new URL("../testing/faulty-worker.ts", import.meta.url);
const row = new Uint8Array(12);
const spec: SessionSpec = {
  file: "none",
  input: "pixels",
  output: "embedding",
  dims: 4,
  feed: { kind: "pixel-bytes", size: 2 },
  providers: ["cpu"],
  threads: 1,
};

let engine: Engine | undefined;
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

/** An engine whose session answers so many runs, the warm-up's included, and fails from then on. */
async function open(answers: number) {
  const broken: BrokenEngine[] = [];
  const deps = {
    log: { info: () => {}, warn: () => {} },
    sleep: (ms: number) => sleep(ms),
    spawn: (workerData: WorkerSpec) => new Worker(faultyWorker, { argv: ["breaks", String(answers)], workerData }),
    onBroken: (one: BrokenEngine) => void broken.push(one),
  };
  const plan = {
    spec,
    warmUp: [{ what: "one picture", rows: [row] }],
    maxBatch: 8,
    finish: (output: Float32Array) => output,
  };
  const opened = await openEngine(plan, {
    model: "m@1",
    graph: "image",
    deps,
    maxQueue: 8,
    now: () => performance.now(),
  });
  engine = opened;
  const run = async () => {
    const call = { lane: "interactive", deadlineAt: performance.now() + 60_000 } as const;
    return opened.run(row, { ...call, signal: new AbortController().signal }).then(
      () => "ok",
      (error: { code: string }) => error.code,
    );
  };
  return { engine: opened, broken, run };
}

describe("an engine whose session answers nothing but failures", () => {
  it("is broken when it cannot even do what it could when it was opened: told once, not alive, and refuses as unavailable", async () => {
    const { engine, broken, run } = await open(2);
    expect([await run(), engine.stats().alive]).toEqual(["ok", true]);
    expect([await run(), await run()]).toEqual(["internal_error", "internal_error"]);
    expect([engine.stats().alive, broken]).toEqual([true, []]);
    expect(await run()).toBe("backend_unavailable");
    expect(engine.stats().alive).toBe(false);
    expect(await run()).toBe("backend_unavailable");
    expect(broken).toMatchObject([{ model: "m@1", graph: "image", reason: expect.any(Error) }]);
    expect(String(broken[0]?.reason)).toContain("CUDA failure 700");
  });

  it("is not, while some batch succeeds in between, or while the probe does", async () => {
    let probes = 0;
    const watch = new BreakdownWatch(
      async () => void probes++,
      () => expect.fail("is not broken"),
    );
    const fail = () => watch.run(() => Promise.reject(new Error("poisoned"))).catch(() => undefined);
    for (let i = 0; i < 5; i++) {
      await fail();
      await fail();
      await watch.run(async () => "ok");
    }
    expect(probes).toBe(0);
    for (let i = 0; i < 7; i++) await fail();
    expect([probes, watch.isBroken]).toEqual([2, false]);
  });
});
