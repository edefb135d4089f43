/** The filter language: every store finds what `matchesFilter` says, no more and no less. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Filter, matchesFilter } from "../../api/filter.ts";
import { type ConformanceRun, idsOf, point, vectorOf } from "./fixtures.ts";

// Few fields and few values, so that conditions often meet what they ask for.
const scalar = fc.constantFrom<string | number | boolean>(
  "red",
  "blue",
  "",
  "é 🍎",
  "1",
  "true",
  0,
  1,
  -2.5,
  1e9,
  0.1,
  Number.MAX_SAFE_INTEGER,
  1e21,
  true,
  false,
);
const leaf = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 3 }) },
  // Lists and objects in a list are there, and equal nothing.
  { weight: 1, arbitrary: fc.array(fc.constantFrom([1], ["red"], {}, { width: 1 }, 0), { maxLength: 2 }) },
);
export const anyMetadata = fc.record(
  {
    colour: leaf,
    größe: leaf,
    size: fc.oneof(leaf, fc.record({ width: leaf, unit: leaf }, { requiredKeys: [], noNullPrototype: true })),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const field = fc.constantFrom("colour", "größe", "size", "size.width", "size.unit", "absent");
const number = fc.constantFrom(-2.5, 0, 0.1, 0.5, 1, 2e9, Number.MAX_SAFE_INTEGER);
const condition = fc
  .record({
    field,
    test: fc.oneof(
      fc.record({ eq: scalar }),
      fc.record({ ne: scalar }),
      fc.record({ in: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
      fc.record({ gt: number }),
      fc.record({ gte: number }),
      fc.record({ lt: number }),
      fc.record({ lte: number }),
      fc.record({ gte: number, lt: number }),
      fc.record({ exists: fc.boolean() }),
      fc.record({ ne: scalar, exists: fc.constant(true) }),
    ),
  })
  .map(({ field, test }) => ({ field, ...test }));

export const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ node: Filter }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    condition,
    fc.record({ all: fc.array(tie("node"), { minLength: 1, maxLength: 2 }) }),
    fc.record({ any: fc.array(tie("node"), { minLength: 1, maxLength: 2 }) }),
    fc.record({ not: fc.array(tie("node"), { minLength: 1, maxLength: 2 }) }),
    fc.record({
      all: fc.array(tie("node"), { minLength: 1, maxLength: 2 }),
      any: fc.array(tie("node"), { minLength: 1, maxLength: 2 }),
      not: fc.array(tie("node"), { minLength: 1, maxLength: 1 }),
    }),
  ),
})).node;

export function describeFilters(run: ConformanceRun): void {
  const population = fc.array(anyMetadata, { minLength: 5, maxLength: 30 });

  describe("filters", () => {
    it("find exactly what the reference says", async () => {
      await fc.assert(
        fc.asyncProperty(population, fc.array(anyFilter, { minLength: 5, maxLength: 10 }), async (drawn, filters) => {
          const scope = run.freshScope();
          const all = drawn.map((metadata, n) => point(`item-${n}`, { metadata }));
          await run.store.upsert(run.space, scope, all);
          for (const filter of filters.map((f) => Filter.parse(f))) {
            const hits = await run.store.search(run.space, scope, { vector: vectorOf(1), topK: 200, filter });
            const expected = all.filter((p) => matchesFilter(filter, p.metadata));
            expect(idsOf(hits).sort()).toEqual(idsOf(expected).sort());
          }
        }),
        { numRuns: 20 },
      );
    });

    it("delete exactly what the reference says", async () => {
      await fc.assert(
        fc.asyncProperty(population, anyFilter, async (drawn, drawnFilter) => {
          const scope = run.freshScope();
          const filter = Filter.parse(drawnFilter);
          const all = drawn.map((metadata, n) => point(`item-${n}`, { metadata }));
          await run.store.upsert(run.space, scope, all);
          const kept = all.filter((p) => !matchesFilter(filter, p.metadata));
          expect(await run.store.delete(run.space, scope, { filter })).toBe(all.length - kept.length);
          const { points: left } = await run.store.scroll(run.space, scope, { limit: 200 });
          expect(idsOf(left).sort()).toEqual(idsOf(kept).sort());
        }),
        { numRuns: 15 },
      );
    });
  });
}
