import { describe, expect, it } from "vitest";
import { LIMITS } from "../limits.ts";
import { ItemInput } from "./collections.ts";

const refusals = (metadata: unknown) => {
  const { error } = ItemInput.options[0].safeParse({ id: "a", text: "x", metadata });
  return error?.issues.map(({ path, message }) => [path.join("."), message]) ?? [];
};
const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
const ofBytes = (bytes: number) => ({ a: "ü".repeat((bytes - '{"a":""}'.length) / 2) });

describe("metadata", () => {
  it("may be as large and as deep as the limits say, and absent", () => {
    for (const metadata of [ofBytes(LIMITS.metadataBytes), nested(LIMITS.metadataDepth), {}, undefined])
      expect(refusals(metadata)).toEqual([]);
  });

  it.each([
    ["a character too many", ofBytes(LIMITS.metadataBytes + 2)],
    ["a list of half a million", { a: Array(500_000).fill(1) }],
    [
      "a hundred thousand names that are too long",
      Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [`${"k".repeat(130)}${i}`, 1])),
    ],
  ])("is refused with one line where it is too large, by %s", (_, metadata) => {
    expect(refusals(metadata)).toEqual([["metadata", `metadata is at most ${LIMITS.metadataBytes} bytes as JSON`]]);
  });

  it("is refused where it is too deep", () => {
    expect(refusals(nested(LIMITS.metadataDepth + 1))).toEqual([
      ["metadata", `metadata nests at most ${LIMITS.metadataDepth} levels deep`],
    ]);
  });

  it.each([[[]], [null], ["a"], [1]])("is no %j", (metadata) => expect(refusals(metadata)).toHaveLength(1));
});

describe("an embedding", () => {
  const refusal = (embedding: unknown) => ItemInput.options[2].safeParse({ id: "a", embedding }).error?.issues ?? [];

  it.each([
    ["a text", "x"],
    ["null", null],
    ["an infinite number", Number.POSITIVE_INFINITY],
  ])("of thousands of elements that are no numbers is refused with one line, which names the first: %s", (_, other) => {
    const embedding = [1, 2, ...Array(4000).fill(other)];
    expect(refusal(embedding).map(({ path }) => path)).toEqual([["embedding", 2]]);
  });

  it("has as many numbers as a model may have dimensions", () => {
    expect(refusal([0])).toEqual([]);
    expect(refusal(Array(4096).fill(1))).toEqual([]);
    expect(refusal(Array(4097).fill(1))).toMatchObject([{ code: "too_big", path: ["embedding"] }]);
    expect(refusal([])).toMatchObject([{ code: "too_small", path: ["embedding"] }]);
    expect(refusal("1")).toMatchObject([{ code: "invalid_type", path: ["embedding"] }]);
  });
});
