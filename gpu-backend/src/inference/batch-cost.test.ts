import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BatchCost } from "./batch-cost.ts";

describe("BatchCost", () => {
  it("expects nothing before the first batch", () => {
    expect(new BatchCost().estimate(8)).toBe(0);
  });

  it("learns a constant and a slope from batches of different sizes", () => {
    const cost = new BatchCost();
    for (const n of [1, 4, 2, 8, 1]) cost.observe(n, 10 + 3 * n);
    expect(cost.estimate(32)).toBeCloseTo(106, 6);
  });

  it("takes batches of one size as proportional", () => {
    const cost = new BatchCost();
    for (let i = 0; i < 5; i++) cost.observe(4, 20);
    expect(cost.estimate(8)).toBeCloseTo(40, 6);
  });

  it("forgets an outlier", () => {
    const cost = new BatchCost();
    cost.observe(4, 10_000);
    for (let i = 0; i < 100; i++) cost.observe(1 + (i % 4), 10);
    expect(cost.estimate(4)).toBeLessThan(11);
  });

  it("is never negative nor falling, whatever it saw", () => {
    const seen = fc.array(fc.tuple(fc.integer({ min: 1, max: 64 }), fc.double({ min: 0, max: 1e5, noNaN: true })));
    fc.assert(
      fc.property(seen, fc.integer({ min: 1, max: 63 }), (batches, n) => {
        const cost = new BatchCost();
        for (const [size, ms] of batches) cost.observe(size, ms);
        expect(cost.estimate(n)).toBeGreaterThanOrEqual(0);
        expect(cost.estimate(n + 1)).toBeGreaterThanOrEqual(cost.estimate(n));
      }),
    );
  });
});
