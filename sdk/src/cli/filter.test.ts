import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterOf } from "./filter.ts";

describe("a filter on the command line", () => {
  it.each([
    ["colour=red", { field: "colour", eq: "red" }],
    ["colour != dark red", { field: "colour", ne: "dark red" }],
    ["price<5", { field: "price", lt: 5 }],
    ["price>=-0.5", { field: "price", gte: -0.5 }],
    ["sold=true", { field: "sold", eq: true }],
    ['size="10"', { field: "size", eq: "10" }],
    ["code=007", { field: "code", eq: "007" }],
    ["title=a=b", { field: "title", eq: "a=b" }],
    ["maker.country=CN", { field: "maker.country", eq: "CN" }],
    ["note=", { field: "note", eq: "" }],
    ['{"not": [{"field": "colour", "exists": true}]}', { not: [{ field: "colour", exists: true }] }],
  ])("%s", (text, filter) => {
    expect(filterOf(text)).toEqual(filter);
  });

  it("given several times has to hold each time", () => {
    const both = filterOf("price<5", filterOf("colour=red"));
    expect(both).toEqual({
      all: [
        { field: "colour", eq: "red" },
        { field: "price", lt: 5 },
      ],
    });
  });

  it.each(["red", "=red", "price<cheap", "{"])("refuses %s", (text) => {
    expect(() => filterOf(text)).toThrow(/JSON|number/);
  });

  it("means the text that is quoted, whatever that is", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(filterOf(`field=${JSON.stringify(value)}`)).toEqual({ field: "field", eq: value });
      }),
    );
  });
});
