import { LIMITS } from "@sightline/shared/limits";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchesOf, CALL_LIMITS, type Load, mapInOrder, sendInHalves } from "./batches.ts";
import { apiError } from "./errors.ts";

const all = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of source) list.push(item);
  return list;
};
const load = fc.record({
  texts: fc.nat({ max: 100 }),
  images: fc.nat({ max: 30 }),
  bytes: fc.nat({ max: 9 * 2 ** 20 }),
}) satisfies fc.Arbitrary<Load>;
const sum = (loads: readonly Load[], of: keyof Load) => loads.reduce((n, l) => n + l[of], 0);

describe("batches", () => {
  it("are what the API takes", () => {
    expect(CALL_LIMITS).toMatchObject({ texts: LIMITS.textsPerCall, images: LIMITS.imagesPerCall });
    expect(CALL_LIMITS.texts).toBeLessThanOrEqual(LIMITS.itemsPerCall);
    expect(CALL_LIMITS.images).toBeLessThanOrEqual(LIMITS.pairsPerCall);
    expect(CALL_LIMITS.bytes).toBeLessThan(LIMITS.bodyBytes);
  });

  it("hold everything once, in order, none of them too large, none that the next one's first would have fitted into", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(load, { maxLength: 40 }), async (loads) => {
        const batches = await all(batchesOf(loads, (l) => l));
        expect(batches.flat()).toEqual(loads);
        const fits = (batch: readonly Load[]) =>
          (["texts", "images", "bytes"] as const).every((of) => sum(batch, of) <= CALL_LIMITS[of]);
        for (const [i, batch] of batches.entries()) {
          expect(fits(batch)).toBe(true);
          const next = batches[i + 1]?.[0];
          if (next) expect(fits([...batch, next])).toBe(false);
        }
      }),
    );
  });

  it("leave one that is too large for any call alone", async () => {
    const large = { texts: 0, images: 1, bytes: 2 * CALL_LIMITS.bytes };
    const small = { texts: 1, images: 0, bytes: 1 };
    expect(await all(batchesOf([small, large, small], (l) => l))).toEqual([[small], [large], [small]]);
  });
});

async function* counting(n: number, onRead: (i: number) => void = () => undefined) {
  for (let i = 0; i < n; i++) {
    onRead(i);
    yield i;
  }
}

describe("work on several at a time", () => {
  it("gives results in order, never more at once than allowed, and reads no further than it works", async () => {
    let [underWay, most, read] = [0, 0, 0];
    const work = async (i: number) => {
      most = Math.max(most, ++underWay);
      // Later ones are done sooner.
      for (let turns = 0; turns < 20 - i; turns++) await Promise.resolve();
      underWay--;
      return i * i;
    };
    const results: number[] = [];
    for await (const result of mapInOrder(
      counting(20, () => read++),
      3,
      undefined,
      work,
    )) {
      results.push(result);
      expect(read - results.length).toBeLessThanOrEqual(3);
    }
    expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i * i));
    expect(most).toBe(3);
  });

  it("stops at the first failure and gives up what is under way", async () => {
    const signals: AbortSignal[] = [];
    const run = all(
      mapInOrder(counting(9), 3, undefined, async (i, signal) => {
        signals.push(signal);
        if (i === 1) throw new Error("no");
        return i;
      }),
    );
    await expect(run).rejects.toThrow("no");
    expect(signals.length).toBeLessThan(9);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  it("gives up what is under way when the loop is left", async () => {
    const signals: AbortSignal[] = [];
    for await (const _ of mapInOrder(counting(9), 3, undefined, async (_, signal) => signals.push(signal))) break;
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });
});

describe("a batch that is too large for the caller's plan", () => {
  const plan = (most: number, calls: number[][]) => async (part: readonly number[], from: number) => {
    calls.push([from, part.length]);
    const details = { message: "", param: null, requestId: null, retryAfterMs: null };
    if (part.length > most) throw apiError({ ...details, status: 400, code: "too_many_inputs" });
    return part;
  };

  it("is sent in halves, in order, until they fit", async () => {
    const batch = Array.from({ length: 13 }, (_, i) => i);
    const calls: number[][] = [];
    const parts = await sendInHalves(batch, plan(4, calls));
    expect(parts.flat()).toEqual(batch);
    expect(calls).toEqual([
      [0, 13],
      [0, 7],
      [0, 4],
      [4, 3],
      [7, 6],
      [7, 3],
      [10, 3],
    ]);
  });

  it("fails where one alone is too large, and at once for another reason", async () => {
    await expect(sendInHalves([1, 2], plan(0, []))).rejects.toMatchObject({ code: "too_many_inputs" });
    let calls = 0;
    const broken = sendInHalves([1, 2], () => {
      calls++;
      throw new Error("broken");
    });
    await expect(broken).rejects.toThrow("broken");
    expect(calls).toBe(1);
  });
});
