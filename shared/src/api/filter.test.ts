import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../limits.ts";
import { Filter, matchesFilter } from "./filter.ts";

const item = {
  colour: "red",
  price: 3,
  free: false,
  zero: 0,
  empty: "",
  nothing: null,
  tags: ["new", "sale", 7],
  sizes: [1, 20],
  none: [],
  nulls: [null, null],
  size: { width: 10, unit: "cm", "out-side": { w: 1 } },
  "with.dot": 1,
};
const holds = (filter: unknown) => matchesFilter(Filter.parse(filter), item);

describe("a condition", () => {
  it.each([
    [{ field: "colour", eq: "red" }, true],
    [{ field: "colour", eq: "Red" }, false],
    [{ field: "price", eq: 3 }, true],
    [{ field: "price", eq: "3" }, false],
    [{ field: "free", eq: false }, true],
    [{ field: "free", eq: 0 }, false],
    [{ field: "zero", eq: false }, false],
    [{ field: "empty", eq: "" }, true],
    [{ field: "colour", ne: "blue" }, true],
    [{ field: "colour", ne: "red" }, false],
    [{ field: "colour", in: ["blue", "red"] }, true],
    [{ field: "price", in: ["3", true] }, false],
    [{ field: "price", gt: 3 }, false],
    [{ field: "price", gte: 3, lte: 3 }, true],
    [{ field: "price", gt: 2, lt: 3 }, false],
    [{ field: "colour", gt: 0 }, false],
    [{ field: "free", gte: 0 }, false],
    [{ field: "price", gte: 1, ne: 3 }, false],
    [{ field: "price", exists: true, lt: 5 }, true],
  ])("%j on a plain value: %s", (condition, expected) => expect(holds(condition)).toBe(expected));

  it.each([
    [{ field: "tags", eq: "sale" }, true],
    [{ field: "tags", eq: "old" }, false],
    [{ field: "tags", ne: "sale" }, false],
    [{ field: "tags", ne: "old" }, true],
    [{ field: "tags", in: ["old", "new"] }, true],
    [{ field: "tags", gt: 6 }, true],
    [{ field: "sizes", gte: 1, lte: 2 }, true],
    [{ field: "sizes", gt: 5, lt: 10 }, false],
    [{ field: "sizes", eq: 1, gt: 10 }, true],
  ])("%j on a list: %s", (condition, expected) => expect(holds(condition)).toBe(expected));

  it.each(["missing", "nothing", "none", "nulls", "size.height", "colour.x", "tags.0", "sizes.length", "constructor"])(
    "finds nothing in %s, so that only `ne` and `exists: false` hold",
    (field) => {
      expect(holds({ field, exists: false })).toBe(true);
      expect(holds({ field, ne: "red" })).toBe(true);
      for (const test of [{ exists: true }, { eq: "" }, { in: [0, "", false] }, { gte: -1e9 }, { lt: 1e9 }]) {
        expect(holds({ field, ...test })).toBe(false);
      }
    },
  );

  it("reaches into objects by a dotted path, and never takes a dot for part of a name", () => {
    expect(holds({ field: "size.width", gte: 10 })).toBe(true);
    expect(holds({ field: "size.out-side.w", eq: 1 })).toBe(true);
    expect(holds({ field: "size", exists: true })).toBe(true);
    expect(holds({ field: "with.dot", exists: true })).toBe(false);
  });
});

describe("a list", () => {
  it("lies within bounds if one of its numbers does", () => {
    const number = fc.integer({ min: -5, max: 5 });
    const value = fc.oneof(number, fc.constantFrom("3", true, null));
    const bound = fc.option(number, { nil: undefined });
    const bounds = fc.record({ gt: bound, gte: bound, lt: bound, lte: bound });
    fc.assert(
      fc.property(fc.array(value), bounds, (list, { gt, gte, lt, lte }) => {
        const within = (v: number): boolean =>
          !(gt !== undefined && v <= gt) &&
          !(gte !== undefined && v < gte) &&
          !(lt !== undefined && v >= lt) &&
          !(lte !== undefined && v > lte);
        const filter = { field: "list", exists: true, gt, gte, lt, lte };
        const unbounded = [gt, gte, lt, lte].every((one) => one === undefined);
        const expected = list.some((v) => (unbounded ? v !== null : typeof v === "number" && within(v)));
        expect(matchesFilter(filter, { list })).toBe(expected);
      }),
    );
  });

  it("is read once, however many conditions ask for it", () => {
    let reads = 0;
    const list = new Proxy([1, 2, 3], {
      get(numbers, key) {
        if (key === "0") reads++;
        return Reflect.get(numbers, key);
      },
    });
    const conditions = [{ eq: 4 }, { in: [4, 5, 6] }, { gt: 3 }, { lt: 1 }].map((one) => ({ field: "list", ...one }));
    expect(matchesFilter({ not: conditions }, { list })).toBe(true);
    expect(reads).toBe(1);
  });
});

describe("a group", () => {
  const yes = { field: "colour", eq: "red" };
  const no = { field: "colour", eq: "blue" };

  it.each([
    [{ all: [yes, yes] }, true],
    [{ all: [yes, no] }, false],
    [{ any: [no, yes] }, true],
    [{ any: [no, no] }, false],
    [{ not: [no, no] }, true],
    [{ not: [no, yes] }, false],
    [{ all: [yes], any: [yes, no], not: [no] }, true],
    [{ all: [yes], any: [no], not: [no] }, false],
    [{ all: [no], any: [yes] }, false],
    [{ not: [{ not: [yes] }] }, true],
  ])("%j: %s", (group, expected) => expect(holds(group)).toBe(expected));

  it("obeys De Morgan", () => {
    const condition = fc.constantFrom<Filter>(yes, no, { field: "sizes", gt: 5 }, { field: "missing", ne: 1 });
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 4 }), (filters) => {
        const inverted = filters.map((f) => ({ not: [f] }));
        expect(holds({ not: filters })).toBe(!holds({ any: filters }));
        expect(holds({ any: inverted })).toBe(!holds({ all: filters }));
      }),
    );
  });
});

describe("the filter schema", () => {
  const nested = (levels: number): unknown => (levels === 0 ? { field: "a", eq: 1 } : { not: [nested(levels - 1)] });
  const wide = (conditions: number) => ({ all: Array.from({ length: conditions }, () => ({ field: "a", eq: 1 })) });

  it.each([
    ["nothing", {}],
    ["a condition without an operator", { field: "a" }],
    ["an unknown operator", { field: "a", like: "x" }],
    ["a condition that is also a group", { field: "a", eq: 1, all: [] }],
    ["an empty `any`", { any: [] }],
    ["an empty `all`, which would match everything", { all: [] }],
    ["an empty `not`", { not: [] }],
    ["an empty `in`", { field: "a", in: [] }],
    ["null as a value", { field: "a", eq: null }],
    ["a list as a value", { field: "a", eq: [1] }],
    ["a bound that is no number", { field: "a", gt: "1" }],
    ["a field with an empty part", { field: "a..b", eq: 1 }],
    ["a field with a quote", { field: "a'b", eq: 1 }],
    ["a field with a space", { field: "a b", eq: 1 }],
    ["too many conditions", wide(LIMITS.filterConditions + 1)],
    ["too many levels", nested(LIMITS.filterDepth + 1)],
  ])("refuses %s", (_, filter) => expect(Filter.safeParse(filter).success).toBe(false));

  it.each([
    ["a bare condition", { field: "a", eq: 1 }],
    ["fields in any script", { field: "größe.幅", exists: true }],
    ["as many conditions as allowed", wide(LIMITS.filterConditions)],
    ["as many levels as allowed", nested(LIMITS.filterDepth)],
  ])("accepts %s", (_, filter) => expect(Filter.parse(filter)).toEqual(filter));

  it.each([
    ["a list of a million", { all: Array(1e6).fill(0) }],
    ["lists of lists", { all: Array(60).fill({ any: Array(60).fill({ not: Array(60).fill(0) }) }) }],
    ["nesting without end", nested(2000)],
  ])("says one thing about %s, for a complaint about each part would fill the memory", (_, filter) => {
    const { error } = Filter.safeParse(filter);
    expect(error?.issues).toMatchObject([
      { code: "custom", message: expect.stringMatching(/^a filter .* at most \d+/) },
    ]);
  });
});
