import type { ItemId } from "@sightline/shared/ids";
import { LIMITS } from "@sightline/shared/limits";
import type { Hit } from "@sightline/shared/store/port";
import { dot, normalise } from "@sightline/shared/vectors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { depthOf } from "./depth.ts";
import { distinctHits } from "./distinct.ts";
import { fuse } from "./fusion.ts";
import { without } from "./negation.ts";

const unit = (...values: number[]): Float32Array => {
  const vector = Float32Array.from(values);
  normalise(vector);
  return vector;
};

const hit = (id: string, score: number, vector?: Float32Array): Hit => ({
  id: id as ItemId,
  score,
  modality: "text",
  metadata: {},
  ...(vector && { vector }),
});

describe("a query without its negatives", () => {
  it("keeps what they do not share", () => {
    const rest = without(unit(1, 1, 0), [unit(0, 1, 0)]);
    expect([...rest!]).toEqual([1, 0, 0]);
  });

  it("is nothing when it is one of them, or of their span", () => {
    expect(without(unit(1, 2, 3), [unit(1, 2, 3)])).toBeUndefined();
    expect(without(unit(1, 1, 0), [unit(1, 0, 0), unit(0, 1, 0)])).toBeUndefined();
  });

  it("has length 1 and is orthogonal to each of them, also to those that say the same", () => {
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 16, maxLength: 16 });
    const nonZero = vector.filter((values) => values.some((value) => Math.abs(value) > 0.1)).map((v) => unit(...v));
    fc.assert(
      fc.property(nonZero, fc.array(nonZero, { minLength: 1, maxLength: 5 }), (query, some) => {
        const negatives = [...some, ...some];
        const rest = without(query, negatives);
        if (!rest) return;
        expect(dot(rest, rest)).toBeCloseTo(1, 4);
        for (const negative of negatives) expect(Math.abs(dot(rest, negative))).toBeLessThan(0.06);
      }),
    );
  });
});

describe("reciprocal rank fusion", () => {
  it("puts what several lists know before what one list has first", () => {
    const fused = fuse([
      [hit("a", 0.9), hit("b", 0.8)],
      [hit("c", 0.3), hit("b", 0.2)],
    ]);
    expect(fused.map(({ id }) => id)).toEqual(["b", "a", "c"]);
    expect(fused[0]!.score).toBeCloseTo(2 / 62);
    expect(fused[1]!.score).toBeCloseTo(1 / 61);
  });

  it("gives every hit once and does not depend on the order of the lists", () => {
    const list = fc.uniqueArray(fc.integer({ min: 0, max: 20 })).map((ids) => ids.map((id) => hit(`i${id}`, 0)));
    fc.assert(
      fc.property(fc.array(list, { maxLength: 4 }), (lists) => {
        const fused = fuse(lists).map(({ id }) => id);
        expect(new Set(fused).size).toBe(fused.length);
        expect(new Set(fused)).toEqual(new Set(lists.flat().map(({ id }) => id)));
        expect(fuse(lists.toReversed()).map(({ id }) => id)).toEqual(fused);
      }),
    );
  });
});

describe("distinct hits", () => {
  it("stand under the best one that they nearly equal", () => {
    const found = distinctHits(
      [hit("a", 0.9, unit(1, 0)), hit("b", 0.8, unit(0, 1)), hit("c", 0.7, unit(1, 0.01)), hit("d", 0.6, unit(1, 1))],
      0.95,
      10,
    );
    expect(found.map(({ hit: { id }, similar }) => [id, ...similar])).toEqual([["a", "c"], ["b"], ["d"]]);
  });

  const someHits = fc
    .array(fc.integer({ min: 0, max: 31 }), { maxLength: 60 })
    .map((angles) => angles.map((angle, i) => hit(`i${i}`, -i, unit(Math.cos(angle / 5), Math.sin(angle / 5)))));

  it("are the same however many are asked for", () => {
    fc.assert(
      fc.property(someHits, fc.integer({ min: 1, max: 20 }), (hits, most) => {
        expect(distinctHits(hits, 0.97, most)).toEqual(distinctHits(hits, 0.97, hits.length).slice(0, most));
      }),
    );
  });

  it("are one where their vectors are the same, even for who wants only those together", () => {
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 64, maxLength: 64 });
    const nonZero = vector.filter((values) => values.some((value) => Math.abs(value) > 0.1)).map((v) => unit(...v));
    fc.assert(
      fc.property(nonZero, (same) => {
        expect(distinctHits([hit("a", 1, same), hit("b", 1, same)], 1, 10)).toHaveLength(1);
      }),
    );
  });

  it("are compared with no more than are asked for", () => {
    const axis = (n: number) => Float32Array.from({ length: 64 }, (_, i) => (i === n ? 1 : 0));
    let reads = 0;
    const hits = Array.from({ length: 64 }, (_, n) =>
      Object.defineProperty(hit(`i${n}`, -n), "vector", { get: () => [axis(n), reads++][0] }),
    );
    expect(distinctHits(hits, 1, 4)).toHaveLength(4);
    // A few for each hit and each of the four; of all pairs there are eight times as many.
    expect(reads).toBeLessThanOrEqual(3 * 64 * 4);
  });
});

describe("the depth of a search", () => {
  const anyRequest = fc.record({
    top_k: fc.integer({ min: 1, max: LIMITS.topK }),
    distinct: fc.option(fc.constant(0.9), { nil: undefined }),
  });

  it("lets each query alone give what is asked for, and stays bounded however many there are", () => {
    fc.assert(
      fc.property(anyRequest, fc.integer({ min: 1, max: LIMITS.queriesPerSearch }), (request, queries) => {
        const { perQuery, fused } = depthOf(request, queries);
        expect(perQuery).toBeGreaterThanOrEqual(request.top_k);
        expect(perQuery * queries).toBeGreaterThanOrEqual(fused);
        expect(perQuery * queries).toBeLessThanOrEqual(LIMITS.queriesPerSearch * LIMITS.topK);
        expect(fused).toBeLessThanOrEqual(4 * LIMITS.topK);
      }),
    );
  });
});
