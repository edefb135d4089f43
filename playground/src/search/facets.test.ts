import { Filter, matchesFilter } from "@sightline/shared/api/filter";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { facetsOf } from "./facets.ts";
import { formatSearch, parseSearch, toggleValue, toOperation } from "./state.ts";

const results = (...metadata: Record<string, unknown>[]) => metadata.map((fields) => ({ metadata: fields }));

describe("facetsOf", () => {
  it("counts the values of a field that results share, the commonest first", () => {
    const found = results({ group: "animals" }, { group: "food" }, { group: "food" });
    expect(facetsOf(found)).toEqual([
      { field: "group", value: "food", count: 2 },
      { field: "group", value: "animals", count: 1 },
    ]);
  });

  it.each<[string, Record<string, unknown>[]]>([
    ["is the same everywhere", [{ style: "flat" }, { style: "flat" }]],
    ["tells every result apart", [{ name: "a" }, { name: "b" }, { name: "c" }]],
    ["has many values", Array.from({ length: 20 }, (_, n) => ({ price: n % 10 }))],
    ["holds no plain values", [{ tags: ["a"] }, { tags: ["a"] }, { tags: { a: 1 } }, { tags: null }, {}]],
  ])("leaves out a field that %s", (_, metadata) => {
    expect(facetsOf(results(...metadata))).toEqual([]);
  });

  it.each(["a.b", "file name", "dc:title", "", "f".repeat(129)])(
    "leaves out a field that no filter can name: %j",
    (field) => {
      expect(facetsOf(results({ [field]: 1 }, { [field]: 1 }, { [field]: 2 }))).toEqual([]);
    },
  );

  it("offers what the page's address keeps, the API takes and finds the results by", () => {
    const fields = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom("a", "B", "7", "é", "价", "_", "-", ".", ":", " "), minLength: 1 }),
    );
    const words = parseSearch("q=apple");
    fc.assert(
      fc.property(fields, fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.boolean()), (field, value) => {
        const metadata = { [field]: value };
        for (const facet of facetsOf(results(metadata, metadata, { [field]: "another" }))) {
          const chosen = { ...words, filters: toggleValue([], facet.field, facet.value) };
          expect(parseSearch(formatSearch(chosen))).toEqual(chosen);
          const filter = Filter.parse(toOperation(chosen, "emoji", undefined)?.body.filter);
          expect(matchesFilter(filter, { [field]: facet.value })).toBe(true);
        }
      }),
    );
  });

  it("keeps values of different types apart", () => {
    const found = facetsOf(results({ a: 1 }, { a: 1 }, { a: "1" }, { a: true }));
    expect(found.map(({ value }) => value)).toEqual([1, "1", true]);
  });
});
