import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { UNOBSERVED } from "../observer.ts";
import { TINY, tinyByteTower, tinyImageTower } from "../testing/tiny-model.ts";
import { Session, type SessionDeps, spawnSessionWorker } from "./session.ts";
import type { SessionSpec, WorkerSpec } from "./session-protocol.ts";

const rows = [0, 1, 2].map((seed) =>
  Uint8Array.from({ length: TINY.size ** 2 * 3 }, (_, i) => (i * 7 + seed * 31) % 256),
);
const quiet = { info: () => {}, warn: () => {} };
const faultyWorker = new URL("../testing/faulty-worker.ts", import.meta.url);
const spawnExiting = () => new Worker(faultyWorker, { argv: ["exits"] });
const spawnHanging = () => new Worker(faultyWorker, { argv: ["hangs"] });
const spawnBreaking = (answers: number) => (workerData: WorkerSpec) =>
  new Worker(faultyWorker, { argv: ["breaks", String(answers)], workerData });

let spec: SessionSpec;
let session: Session | undefined;

beforeAll(async () => {
  const file = join(await mkdtemp(join(tmpdir(), "session-")), "image.onnx");
  await writeFile(file, tinyImageTower(TINY));
  spec = {
    file,
    input: "pixel_values",
    output: "embedding",
    dims: TINY.dims,
    feed: { kind: "pixels", size: TINY.size, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    providers: ["cpu"],
    threads: 1,
  };
});
afterEach(async () => {
  await session?.close();
  session = undefined;
});

/** Workers come from the list, one after the other; the last entry serves for ever. Pauses are noted, not made. */
async function open(
  spawns: SessionDeps["spawn"][] = [spawnSessionWorker],
  { providers = spec.providers, warmUp }: Partial<Pick<SessionSpec, "providers"> & SessionDeps> = {},
) {
  const workers: Worker[] = [];
  const tried: string[] = [];
  const pauses: number[] = [];
  const watched = { restarts: 0 };
  const deps: SessionDeps = {
    log: quiet,
    warmUp,
    observer: { ...UNOBSERVED, sessionRestarted: () => watched.restarts++ },
    sleep: async (ms) => void pauses.push(ms),
    spawn: async (s) => {
      const spawn = spawns[Math.min(workers.length, spawns.length - 1)]!;
      const worker = await spawn(s);
      workers.push(worker);
      tried.push(s.provider);
      return worker;
    },
  };
  session = await Session.open({ ...spec, providers }, deps);
  return { session, workers, tried, pauses, watched };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(5);
}

describe("Session", () => {
  it("answers a batch with one vector per row, the same whatever else is in the batch", async () => {
    const { session } = await open();
    const together = await session.run(rows);
    expect(together.map((v) => v.length)).toEqual([TINY.dims, TINY.dims, TINY.dims]);
    for (const [i, row] of rows.entries()) {
      const [alone] = await session.run([row]);
      for (const [d, value] of alone!.entries()) expect(value).toBeCloseTo(together[i]![d]!, 6);
    }
  });

  it("gives bytes to a graph that normalises them itself, and the same vectors come out", async () => {
    const file = `${spec.file}.bytes`;
    await writeFile(file, tinyByteTower(TINY));
    const { size } = TINY;
    // Normalised like this, a pixel is its byte's value.
    const unscaled: SessionSpec = {
      ...spec,
      feed: { kind: "pixels", size, mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] },
    };
    const [floats, bytes] = await Promise.all(
      [unscaled, { ...spec, file, feed: { kind: "pixel-bytes", size } } as const].map(async (s) => {
        const opened = await Session.open(s, { log: quiet, sleep: setTimeout, spawn: spawnSessionWorker });
        const vectors = await opened.run(rows);
        await opened.close();
        return vectors;
      }),
    );
    for (const [i, vector] of bytes!.entries())
      for (const [d, value] of vector.entries()) expect(value).toBeCloseTo(floats![i]![d]!, 3);
  });

  it("leaves the caller's rows as they were", async () => {
    const { session } = await open();
    const before = rows[0]!.slice();
    await session.run([rows[0]!]);
    expect(rows[0]).toEqual(before);
  });

  it("answers a batch whose worker was killed in the middle of it", async () => {
    const { session, workers } = await open([spawnHanging, spawnSessionWorker]);
    const answer = session.run(rows);
    await setTimeout(20);
    await workers[0]!.terminate();
    expect(await answer).toEqual(await session.run(rows));
    expect(session.stats()).toMatchObject({ alive: true, restarts: 1 });
    expect(workers.length).toBe(2);
  });

  it("replaces a worker that died while idle", async () => {
    const { session, workers, watched } = await open();
    await workers[0]!.terminate();
    expect(session.stats().alive).toBe(false);
    expect(watched.restarts).toBe(0);
    await until(() => session.stats().alive);
    expect(watched.restarts).toBe(1);
    expect((await session.run(rows)).length).toBe(3);
  });

  it("gives up a batch that killed two workers, and serves the next one", async () => {
    const { session, pauses } = await open([spawnExiting, spawnExiting, spawnSessionWorker]);
    await expect(session.run(rows)).rejects.toMatchObject({ code: "internal_error" });
    expect((await session.run(rows)).length).toBe(3);
    expect(session.stats().restarts).toBe(2);
    expect(pauses).toEqual([100]);
  });

  it("waits longer and longer while replacements do not open", async () => {
    const missing = (s: WorkerSpec) => spawnSessionWorker({ ...s, file: `${s.file}.gone` });
    const { session, workers, pauses } = await open([
      spawnSessionWorker,
      missing,
      missing,
      missing,
      spawnSessionWorker,
    ]);
    await workers[0]!.terminate();
    await until(() => session.stats().alive);
    expect(pauses).toEqual([100, 200, 400]);
    expect((await session.run(rows)).length).toBe(3);
  });

  it("fails a batch that the model cannot do, and keeps its worker", async () => {
    const { session, workers } = await open();
    const tooShort = [rows[0]!.subarray(3)];
    await expect(session.run(tooShort)).rejects.toMatchObject({ code: "internal_error" });
    expect((await session.run(rows)).length).toBe(3);
    expect(workers.length).toBe(1);
  });

  it("says why it cannot open a session", async () => {
    const opening = (change: Partial<SessionSpec>) =>
      Session.open({ ...spec, ...change }, { log: quiet, sleep: setTimeout, spawn: spawnSessionWorker });
    await expect(opening({ file: `${spec.file}.gone` })).rejects.toThrow(/image\.onnx\.gone/);
    await expect(opening({ input: "pixels" })).rejects.toThrow(
      "the graph's inputs are [pixel_values], the manifest's is \"pixels\"",
    );
    await expect(opening({ output: "vector" })).rejects.toThrow(
      "the graph's outputs are [embedding], the manifest's is \"vector\"",
    );
    await expect(opening({ feed: { kind: "pixel-bytes", size: TINY.size } })).rejects.toThrow("is float32, not uint8");
    await expect(opening({ feed: { kind: "tokens", padId: 0, contextLength: 12 } })).rejects.toThrow(
      "is float32, not int64 or int32",
    );
  });

  it("ends its thread when it is closed, and also while a replacement is being made", async () => {
    const { session: closing, workers } = await open();
    const exits = workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve)));
    await closing.close();
    expect(await Promise.all(exits)).toEqual([0]);

    const { session: dying, workers: killed } = await open();
    await killed[0]!.terminate();
    await dying.close();
    session = undefined;
  });
});

describe("a session's warm-up", () => {
  const providers = ["cuda", "cpu"] as const;
  const warmUp: SessionDeps["warmUp"] = async (run) => void (await run(rows.slice(0, 1)));

  it("passes over a provider that opens the graph and then cannot run it", async () => {
    const { session } = await open([spawnBreaking(0), spawnSessionWorker], { providers, warmUp });
    const refused = [{ provider: "cuda", reason: expect.stringContaining("CUDA failure 700") }];
    expect(session.stats().provider).toEqual({ chosen: "cpu", refused });
    expect((await session.run(rows)).length).toBe(3);
  });

  it("is answered by a replacement before a batch is, on the provider that the session had", async () => {
    const { session, workers, tried } = await open([spawnBreaking(9), spawnBreaking(0), spawnBreaking(2)], {
      providers,
      warmUp,
    });
    await workers[0]!.terminate();
    await until(() => session.stats().alive);
    expect((await session.run(rows)).length).toBe(3);
    expect(session.stats()).toMatchObject({ alive: true, restarts: 1, provider: { chosen: "cuda" } });
    expect(tried).toEqual(["cuda", "cuda", "cuda"]);
    await expect(session.run(rows)).rejects.toMatchObject({ code: "internal_error" });
  });

  it("lets a replacement take a later provider only when the one that the session had stays away", async () => {
    const away = Array.from({ length: 6 }, () => spawnBreaking(0));
    const { session, workers, tried, pauses } = await open([spawnBreaking(9), ...away, spawnSessionWorker], {
      providers,
      warmUp,
    });
    await workers[0]!.terminate();
    await until(() => session.stats().alive);
    expect(session.stats().provider.chosen).toBe("cpu");
    expect(tried).toEqual([...Array(7).fill("cuda"), "cpu"]);
    expect(pauses).toEqual([100, 200, 400, 800, 1600]);
  });
});
