import { SearchRequest } from "@sightline/shared/api/collections";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatSearch, parseSearch, type SearchState, toggleValue, toOperation } from "./state.ts";

const nothing = parseSearch("");
const picture = { name: "a.png", encoded: "data:image/png;base64,iVBORw0KGgo=", blob: new Blob() };

const scalar = fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.boolean());
const filled = fc.string({ minLength: 1 });
const states: fc.Arbitrary<SearchState> = fc.record({
  collection: fc.constantFrom("", "emoji"),
  text: fc.string(),
  like: fc.option(filled, { nil: undefined }),
  without: fc.string(),
  not: fc.array(filled, { maxLength: 3 }),
  filters: fc.uniqueArray(
    fc.record({
      field: fc.constantFrom("group", "a.b", "价格"),
      values: fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }),
    }),
    { selector: ({ field }) => field, maxLength: 3 },
  ),
  modality: fc.constantFrom("image" as const, "text" as const, undefined),
  verify: fc.boolean(),
});

describe("the address of a search", () => {
  it("says all of it", () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(parseSearch(formatSearch(state))).toEqual(state);
      }),
    );
  });

  it.each(["where=group", "where=:1", "where=group:{", "where=group:[1]", "where=a:null", "kind=video", "not=&like="])(
    "is read without what makes no sense: %s",
    (query) => expect(parseSearch(query)).toEqual(nothing),
  );
});

describe("what the API is asked", () => {
  it("is nothing while there is nothing to look for", () => {
    expect(toOperation({ ...nothing, text: "  ", without: "red", not: ["1"] }, "emoji", undefined)).toBeUndefined();
  });

  it("is the text alone, or a list of all that is there", () => {
    const ask = (state: Partial<SearchState>, shown?: typeof picture) =>
      toOperation({ ...nothing, ...state }, "emoji", shown)?.body.query;
    expect(ask({ text: " apple " })).toBe("apple");
    expect(ask({ like: "1f34e" })).toEqual({ id: "1f34e" });
    expect(ask({ text: "apple", like: "1f34e" }, picture)).toEqual([
      "apple",
      { image: picture.encoded },
      { id: "1f34e" },
    ]);
  });

  it("names what is not wanted, narrows by metadata, and has pictures verified by the words", () => {
    const state: SearchState = {
      collection: "emoji",
      text: "red",
      like: "1f34e",
      without: "leaf",
      not: ["1f345"],
      filters: [
        { field: "group", values: ["food-drink"] },
        { field: "price", values: [1, 2] },
      ],
      modality: "image",
      verify: true,
    };
    expect(toOperation(state, "emoji", undefined)?.body).toMatchObject({
      negative: ["leaf", { id: "1f345" }],
      filter: {
        all: [
          { field: "group", eq: "food-drink" },
          { field: "price", in: [1, 2] },
        ],
      },
      modality: "image",
      rerank: { type: "entailment", hypothesis: "red" },
    });
  });

  it("verifies nothing where no words say what a picture is to show", () => {
    expect(toOperation({ ...nothing, like: "1f34e", verify: true }, "emoji", undefined)?.body).not.toHaveProperty(
      "rerank",
    );
  });

  it("is what the contract accepts", () => {
    fc.assert(
      fc.property(states, (state) => {
        const asked = toOperation(state, "emoji", picture);
        const printable = [...state.not, state.like ?? "a"].every(
          (id) => /^[^\p{Cc}\p{Cs}]+$/u.test(id) && !/^\.\.?$/.test(id),
        );
        if (printable) expect(SearchRequest.safeParse(asked?.body).error).toBeUndefined();
      }),
    );
  });
});

describe("toggleValue", () => {
  it("puts a value in and takes it out again", () => {
    const one = toggleValue([], "group", "a");
    const two = toggleValue(one, "group", "b");
    expect(two).toEqual([{ field: "group", values: ["a", "b"] }]);
    expect(toggleValue(two, "group", "a")).toEqual([{ field: "group", values: ["b"] }]);
    expect(toggleValue(one, "group", "a")).toEqual([]);
  });
});
