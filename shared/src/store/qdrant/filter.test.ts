/** The translation alone, on far more cases than a store can be asked in the same time. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Filter, matchesFilter } from "../../api/filter.ts";
import { matches } from "../../testing/qdrant/filter.ts";
import { CountPoints } from "../../testing/qdrant/requests.ts";
import { anyFilter, anyMetadata } from "../conformance/filters.ts";
import { toQdrantFilter } from "./filter.ts";
import { filterable } from "./payload.ts";

/** What Qdrant, after its documentation, would say. */
function holdsInQdrant(filter: Filter, metadata: Record<string, unknown>): boolean {
  const sent: unknown = JSON.parse(JSON.stringify({ filter: toQdrantFilter(filter) }));
  const payload: unknown = JSON.parse(JSON.stringify({ metadata: filterable(metadata) }));
  const { filter: received } = CountPoints.parse(sent);
  return matches(received ?? {}, { id: 1, payload: payload as Record<string, unknown> });
}

describe("a filter in Qdrant's language", () => {
  it("means what it means in ours", () => {
    fc.assert(
      fc.property(anyFilter, anyMetadata, (drawn, metadata) => {
        const filter = Filter.parse(drawn);
        expect(holdsInQdrant(filter, metadata)).toBe(matchesFilter(filter, metadata));
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ["a list of nulls is as good as missing", { field: "a", exists: false }, { a: [null, null] }, true],
    ["a null beside a value is not", { field: "a", exists: true }, { a: [null, 1] }, true],
    ["an empty object is there", { field: "a", exists: true }, { a: {} }, true],
    ["a list within a list is there", { field: "a", exists: true }, { a: [[]] }, true],
    ["a list within a list is not looked into", { field: "a", eq: 1 }, { a: [[1]] }, false],
    ["an object within a list is not reached into", { field: "a.b", eq: 1 }, { a: [{ b: 1 }] }, false],
    ["a number is no text", { field: "a", eq: 1 }, { a: "1" }, false],
    ["a number is no boolean", { field: "a", gte: 0 }, { a: true }, false],
    ["a whole number equals its own fraction", { field: "a", eq: 1.0 }, { a: 1 }, true],
    ["a fraction is equal to itself", { field: "a", in: [0.1, 2.5] }, { a: 2.5 }, true],
    ["what is missing is not equal", { field: "a", ne: "x" }, {}, true],
    ["bounds hold for one element together", { field: "a", gt: 5, lt: 10 }, { a: [1, 20] }, false],
    ["a name of digits is no index", { field: "a.0", exists: true }, { a: ["x"] }, false],
    ["a dot in a name is not a path", { field: "a.b", exists: true }, { "a.b": 1 }, false],
  ])("%s", (_, filter, metadata, expected) => {
    expect(holdsInQdrant(Filter.parse(filter), metadata)).toBe(expected);
    expect(matchesFilter(Filter.parse(filter), metadata)).toBe(expected);
  });
});
