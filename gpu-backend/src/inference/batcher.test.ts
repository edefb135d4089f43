import { setImmediate } from "node:timers/promises";
import type { Lane } from "@sightline/shared/internal/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BatchEntry, DropReason } from "../observer.ts";
import { ManualEngine } from "../testing/manual-engine.ts";
import { Batcher, type BatcherOptions } from "./batcher.ts";

const LATER = 1e9;

/** What the observer was told of a batch. */
interface BatchRecord {
  readonly entries: readonly BatchEntry[];
  ended?: unknown;
}

function setUp(options: Partial<BatcherOptions<number, number>> = {}) {
  const engine = new ManualEngine<number>();
  const dropped: DropReason[] = [];
  const batches: BatchRecord[] = [];
  const batcher = new Batcher<number, number>({
    maxBatch: 4,
    maxQueue: 100,
    bulkPatienceMs: 1000,
    now: engine.now,
    run: engine.run,
    observer: {
      batch: (entries) => {
        const record: BatchRecord = { entries };
        batches.push(record);
        return (failure) => {
          record.ended = failure ?? "well";
        };
      },
      dropped: (reason) => dropped.push(reason),
    },
    ...options,
  });
  const submit = (
    input: number,
    lane: Lane = "interactive",
    deadlineAt = LATER,
    signal = new AbortController().signal,
  ) => batcher.submit(input, { lane, deadlineAt, signal });
  return { engine, batcher, submit, dropped, batches };
}

describe("Batcher", () => {
  it("gives an idle engine what one caller submits in one go as one batch", async () => {
    const { engine, submit } = setUp();
    const answers = Promise.all([1, 2, 3].map((n) => submit(n)));
    await setImmediate();
    expect(engine.batches).toEqual([[1, 2, 3]]);
    await engine.finish(7);
    expect(await answers).toEqual([1, 2, 3].map((output) => ({ output, queueMs: 0, inferenceMs: 7 })));
  });

  it("gathers while the engine is busy, up to the largest batch, and tells how long an entry waited", async () => {
    const { engine, submit } = setUp();
    const first = submit(0);
    await setImmediate();
    const rest = Promise.all([1, 2, 3, 4, 5].map((n) => submit(n)));
    await engine.finish(10);
    expect(engine.batches).toEqual([[0], [1, 2, 3, 4]]);
    await engine.finish(20);
    expect(engine.batches.at(-1)).toEqual([5]);
    await engine.finish(5);
    expect((await first).queueMs).toBe(0);
    expect((await rest).map((a) => [a.queueMs, a.inferenceMs])).toEqual([...Array(4).fill([10, 20]), [30, 5]]);
  });

  it("takes interactive entries before bulk ones", async () => {
    const { engine, submit } = setUp();
    const all = [submit(0)];
    await setImmediate();
    all.push(submit(10, "bulk"), submit(11, "bulk"), submit(1), submit(2), submit(3));
    await engine.finish();
    await engine.finish();
    await engine.finish();
    await Promise.all(all);
    expect(engine.batches).toEqual([[0], [1, 2, 3, 10], [11]]);
  });

  it("gives a bulk lane that was passed over too long a quarter of the next batch, and then makes it wait again", async () => {
    const { engine, submit } = setUp({ maxBatch: 8 });
    const all = [submit(0)];
    await setImmediate();
    for (let n = 100; n < 110; n++) all.push(submit(n, "bulk"));
    for (let n = 1; n <= 30; n++) all.push(submit(n));
    await engine.finish(999);
    expect(engine.batches.at(-1)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await engine.finish(1);
    expect(engine.batches.at(-1)).toEqual([9, 10, 11, 12, 13, 14, 100, 101]);
    await engine.finish(999);
    expect(engine.batches.at(-1)).toEqual([15, 16, 17, 18, 19, 20, 21, 22]);
    while (engine.busy) await engine.finish(1);
    await Promise.all(all);
  });

  it("keeps no more places for bulk than there are bulk entries", async () => {
    const { engine, submit } = setUp({ maxBatch: 8 });
    const all = [submit(0)];
    await setImmediate();
    all.push(submit(100, "bulk"), ...Array.from({ length: 10 }, (_, n) => submit(n + 1)));
    await engine.finish(1000);
    expect(engine.batches.at(-1)).toEqual([1, 2, 3, 4, 5, 6, 7, 100]);
    while (engine.busy) await engine.finish();
    await Promise.all(all);
  });

  it("lets bulk through even if a batch has only one place", async () => {
    const { engine, submit } = setUp({ maxBatch: 1 });
    const all = [submit(0), submit(100, "bulk"), submit(1), submit(2), submit(3)];
    await setImmediate();
    while (engine.busy) await engine.finish(600);
    await Promise.all(all);
    expect(engine.batches).toEqual([[0], [1], [100], [2], [3]]);
  });

  it("refuses a deadline that has passed", async () => {
    const { engine, submit } = setUp();
    engine.advance(5);
    await expect(submit(1, "interactive", 5)).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(engine.batches).toEqual([]);
  });

  it("refuses at once what the queue and the measured rate would make late", async () => {
    const { engine, submit } = setUp();
    for (const n of [1, 2]) {
      const warm = Promise.all(Array.from({ length: n }, () => submit(0)));
      await setImmediate();
      await engine.finish(10 * n);
      await warm;
    }
    const queued = Promise.all(Array.from({ length: 8 }, (_, i) => submit(i)));
    await setImmediate();
    // 40 ms for the batch that runs, 40 for the one that waits, 10 for its own.
    const now = engine.now();
    await expect(submit(99, "interactive", now + 89)).rejects.toMatchObject({
      code: "overloaded",
      retryAfterSeconds: 1,
    });
    const inTime = submit(98, "interactive", now + 91);
    while (engine.busy) await engine.finish(40);
    await Promise.all([queued, inTime]);
  });

  it("does not count bulk that waits against an interactive entry's deadline", async () => {
    const { engine, submit } = setUp({ maxBatch: 1 });
    const all = [submit(0)];
    await setImmediate();
    await engine.finish(10);
    for (let n = 1; n <= 20; n++) all.push(submit(n, "bulk"));
    await setImmediate();
    const soon = engine.now() + 50;
    await expect(submit(98, "bulk", soon)).rejects.toMatchObject({ code: "overloaded" });
    all.push(submit(99, "interactive", soon));
    while (engine.busy) await engine.finish(1);
    await Promise.all(all);
  });

  it("lets an idle engine try whatever the last batch cost, so that one slow batch does not close the door", async () => {
    const { engine, submit } = setUp();
    const slow = submit(1);
    await setImmediate();
    await engine.finish(60_000);
    await slow;
    const next = submit(2, "interactive", engine.now() + 100);
    await setImmediate();
    await engine.finish(10);
    expect((await next).inferenceMs).toBe(10);
  });

  it("refuses what does not fit into the queue and says when to come back", async () => {
    const { engine, submit } = setUp({ maxQueue: 8 });
    const warm = Promise.all(Array.from({ length: 4 }, () => submit(0)));
    await setImmediate();
    await engine.finish(2000);
    await warm;
    const all = Array.from({ length: 4 }, (_, i) => submit(i));
    await setImmediate();
    for (let i = 0; i < 8; i++) all.push(submit(i, "bulk"));
    // 2 s for the batch that runs, 4 s for the two that wait, 0.5 s for its own.
    await expect(submit(9, "bulk")).rejects.toMatchObject({ code: "overloaded", retryAfterSeconds: 7 });
    // The other lane has room of its own.
    all.push(submit(10));
    while (engine.busy) await engine.finish(1);
    await Promise.all(all);
  });

  it("drops an entry that expired in the queue before it reaches the engine", async () => {
    const { engine, submit } = setUp();
    const first = submit(1);
    await setImmediate();
    const late = expect(submit(2, "interactive", 10)).rejects.toMatchObject({ code: "deadline_exceeded" });
    await engine.finish(10);
    await Promise.all([first, late]);
    expect(engine.batches).toEqual([[1]]);
  });

  it("drops an entry whose caller went away, and rejects with the caller's reason", async () => {
    const { engine, batcher, submit } = setUp();
    const gone = new AbortController();
    const first = submit(1);
    await setImmediate();
    const second = expect(submit(2, "bulk", LATER, gone.signal)).rejects.toThrow("closed the tab");
    expect(batcher.stats().queued).toEqual({ interactive: 0, bulk: 1 });
    gone.abort(new Error("closed the tab"));
    expect(batcher.stats().queued).toEqual({ interactive: 0, bulk: 0 });
    await engine.finish();
    await Promise.all([first, second]);
    await expect(submit(3, "bulk", LATER, gone.signal)).rejects.toThrow("closed the tab");
    expect(engine.batches).toEqual([[1]]);
  });

  it("does not make a caller who goes away wait for the batch that runs", async () => {
    const { engine, submit } = setUp();
    const gone = new AbortController();
    const answer = submit(1, "interactive", LATER, gone.signal);
    await setImmediate();
    gone.abort(new Error("closed the tab"));
    await expect(answer).rejects.toThrow("closed the tab");
    await engine.finish();
  });

  it("fails only the batch that the engine failed", async () => {
    const { engine, submit } = setUp();
    const failing = [submit(1), submit(2)].map((answer) => expect(answer).rejects.toThrow("out of memory"));
    await setImmediate();
    const next = submit(3);
    await engine.fail(new Error("out of memory"));
    await engine.finish();
    await Promise.all(failing);
    expect((await next).output).toBe(3);
  });

  it("answers what it took before it is drained, and takes no more", async () => {
    const { engine, batcher, submit } = setUp();
    const all = Promise.all([1, 2, 3, 4, 5].map((n) => submit(n)));
    await setImmediate();
    const drained = batcher.drain();
    await expect(submit(6)).rejects.toMatchObject({ code: "backend_unavailable" });
    while (engine.busy) await engine.finish();
    await drained;
    expect((await all).length).toBe(5);
  });

  it("tells of each batch whose it is, how long each entry waited, and how it ended", async () => {
    const { engine, submit, batches } = setUp();
    const first = submit(1);
    await setImmediate();
    const gone = new AbortController();
    const second = expect(submit(2, "bulk", 50, gone.signal)).rejects.toThrow("out of memory");
    expect(batches).toEqual([{ entries: [{ call: expect.objectContaining({ deadlineAt: LATER }), queueMs: 0 }] }]);
    await engine.finish(10);
    const call = { lane: "bulk", deadlineAt: 50, signal: gone.signal };
    expect(batches[1]).toEqual({ entries: [{ call, queueMs: 10 }] });
    expect(batches[1]!.entries[0]!.call.signal).toBe(gone.signal);
    await engine.fail(new Error("out of memory"));
    await Promise.all([first, second]);
    expect(batches.map(({ ended }) => ended)).toEqual(["well", new Error("out of memory")]);
  });

  it("tells why an entry never reached the engine", async () => {
    const { engine, batcher, submit, dropped } = setUp({ maxQueue: 1 });
    const gone = new AbortController();
    const timedOut = new AbortController();
    const first = submit(0);
    await setImmediate();
    const outcomes = Promise.allSettled([
      first,
      submit(1, "interactive", LATER, gone.signal),
      submit(2),
      submit(3, "bulk", LATER, timedOut.signal),
    ]);
    expect(dropped).toEqual(["queue_full"]);
    gone.abort();
    timedOut.abort(new DOMException("too late", "TimeoutError"));
    const late = Promise.allSettled([submit(4, "interactive", 10)]);
    await engine.finish(10);
    await Promise.allSettled([submit(5, "interactive", 10), submit(6, "bulk", LATER, gone.signal)]);
    await Promise.all([late, outcomes]);
    await batcher.drain();
    await Promise.allSettled([submit(7)]);
    expect(dropped).toEqual(["queue_full", "cancelled", "deadline", "deadline", "deadline", "cancelled", "draining"]);
  });

  it("reports batches, their mean size and the slow end of the times", async () => {
    const { engine, batcher, submit } = setUp();
    const all = [submit(0)];
    await setImmediate();
    all.push(submit(1), submit(2));
    await engine.finish(10);
    await engine.finish(30);
    await Promise.all(all);
    expect(batcher.stats()).toEqual({
      queued: { interactive: 0, bulk: 0 },
      capacity: 100,
      batches: 2,
      meanBatchSize: 1.5,
      queueMsP95: 10,
      inferenceMsP95: 30,
    });
  });
});

describe("Batcher, whatever happens", () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("submit"),
        bulk: fc.boolean(),
        leftMs: fc.integer({ min: -1, max: 200 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("abort"), which: fc.nat(50) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("finish"), ms: fc.nat(40) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("fail") }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("advance"), ms: fc.nat(40) }) },
  ) as fc.Arbitrary<{ do: string; bulk: boolean; leftMs: number; which: number; ms: number }>;

  it("settles every entry once, keeps bounds and order, and starts nothing that expired or was abandoned", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), async (steps, maxBatch) => {
        const entries: { bulk: boolean; deadlineAt: number; abort: AbortController; settled: number; ok: boolean }[] =
          [];
        // Not thrown where they are seen: the batcher would take them for the engine's failures.
        const violations: string[] = [];
        const { engine, batcher, submit, dropped, batches } = setUp({
          maxBatch,
          maxQueue: 10,
          bulkPatienceMs: Number.POSITIVE_INFINITY,
          run: (batch) => {
            for (const id of batch) {
              if (entries[id]!.deadlineAt <= engine.now()) violations.push(`${id} had expired`);
              if (entries[id]!.abort.signal.aborted) violations.push(`${id} was abandoned`);
            }
            if (batch.some((id) => entries[id]!.bulk) && batcher.stats().queued.interactive > 0)
              violations.push("bulk overtook interactive");
            return engine.run(batch);
          },
        });
        for (const s of steps) {
          if (s.do === "submit") {
            const id = entries.length;
            const deadlineAt = engine.now() + s.leftMs;
            const entry = { bulk: s.bulk, deadlineAt, abort: new AbortController(), settled: 0, ok: false };
            entries.push(entry);
            submit(id, s.bulk ? "bulk" : "interactive", deadlineAt, entry.abort.signal).then(
              (answer) => {
                entry.settled++;
                entry.ok = true;
                if (answer.output !== id) violations.push(`${id} got the answer of ${answer.output}`);
              },
              () => entry.settled++,
            );
          } else if (s.do === "abort") entries[s.which]?.abort.abort();
          else if (s.do === "advance") engine.advance(s.ms);
          else if (s.do === "fail") await engine.fail(new Error("broken"));
          else await engine.finish(s.ms);
          const { interactive, bulk } = batcher.stats().queued;
          expect(interactive + bulk).toBeLessThanOrEqual(10);
        }
        await setImmediate();
        while (engine.busy) await engine.finish();
        await batcher.drain();

        expect(violations).toEqual([]);
        expect(entries.every((e) => e.settled === 1)).toBe(true);
        const started = engine.batches.flat();
        expect(new Set(started).size).toBe(started.length);
        expect(started.length + dropped.length).toBe(entries.length);
        expect(batches.map((batch) => batch.entries.length)).toEqual(engine.batches.map((batch) => batch.length));
        expect(batches.every((batch) => batch.ended !== undefined)).toBe(true);
        expect(entries.every((e, id) => !e.ok || started.includes(id))).toBe(true);
        for (const batch of engine.batches) {
          expect(batch.length).toBeLessThanOrEqual(maxBatch);
          const lanes = batch.map((id) => entries[id]!.bulk);
          expect(lanes).toEqual([...lanes].sort((a, b) => Number(a) - Number(b)));
        }
        for (const bulk of [true, false]) {
          const inLane = started.filter((id) => entries[id]!.bulk === bulk);
          expect(inLane).toEqual([...inLane].sort((a, b) => a - b));
        }
      }),
    );
  });
});
