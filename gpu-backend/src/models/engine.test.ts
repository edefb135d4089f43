import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Provider } from "../inference/providers.ts";
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
let workers: Worker[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const worker of workers) await worker.terminate();
  workers = [];
  await engine?.close();
  engine = undefined;
});

/** An engine whose session answers so many runs, the warm-up's included, and fails from then on, as `faulty-worker.ts` has it. */
async function open(answers: number, { failure = "breaks", provider = "cpu" as Provider } = {}) {
  const broken: BrokenEngine[] = [];
  const deps = {
    log: { info: () => {}, warn: () => {} },
    sleep: (ms: number) => sleep(ms),
    spawn: (workerData: WorkerSpec) => {
      const worker = new Worker(faultyWorker, { argv: [failure, String(answers)], workerData });
      workers.push(worker);
      return worker;
    },
    onBroken: (one: BrokenEngine) => void broken.push(one),
  };
  const plan = {
    spec: { ...spec, providers: [provider] },
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

describe("an engine whose run never ends", () => {
  it("is broken after a minute on CUDA: told once, not alive, and refuses what waits behind it and what comes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { engine, broken, run } = await open(2, { failure: "hangs", provider: "cuda" });
    expect(await run()).toBe("ok");
    const hung = run();
    await Promise.resolve();
    const queued = run();
    await vi.advanceTimersByTimeAsync(59_000);
    expect([engine.stats().alive, broken]).toEqual([true, []]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await Promise.all([hung, queued, run()])).toEqual(Array(3).fill("backend_unavailable"));
    expect(engine.stats().alive).toBe(false);
    expect(broken).toMatchObject([{ model: "m@1", graph: "image", reason: expect.any(Error) }]);
    expect(String(broken[0]?.reason)).toContain("a run on cuda has not ended in 60 s");
  });

  it("is not taken for one whose CPU is slow", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { engine, broken, run } = await open(1, { failure: "hangs" });
    void run();
    await vi.advanceTimersByTimeAsync(300_000);
    expect([engine.stats().alive, broken]).toEqual([true, []]);
  });
});
