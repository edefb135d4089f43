import { describe, expect, it } from "vitest";
import { facetsOf } from "./facets.ts";

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

  it("keeps values of different types apart", () => {
    const found = facetsOf(results({ a: 1 }, { a: 1 }, { a: "1" }, { a: true }));
    expect(found.map(({ value }) => value)).toEqual([1, "1", true]);
  });
});
