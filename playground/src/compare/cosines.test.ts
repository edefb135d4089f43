import { describe, expect, it } from "vitest";
import { cosines, shades } from "./cosines.ts";

const response = (...vectors: number[][]) => ({
  object: "list" as const,
  model: "m",
  data: vectors.map((embedding, index) => ({ object: "embedding" as const, index, embedding })),
  usage: { prompt_tokens: 0, total_tokens: 0, images: 0 },
});

describe("cosines", () => {
  it("are of each picture with each sentence", () => {
    const table = cosines(response([1, 0], [0, 1], [0.6, 0.8], [1, 0], [0, -1]), 2);
    expect(table).toEqual([
      [0.6, 1, 0],
      [0.8, 0, -1],
    ]);
  });
});

describe("shades", () => {
  it("go from the smallest to the largest of the table", () => {
    expect(
      shades([
        [0.5, 0.25],
        [0, 0.1],
      ]),
    ).toEqual([
      [1, 0.5],
      [0, 0.2],
    ]);
  });

  it("are dark where there is nothing to compare with", () => {
    expect(shades([[0.2, 0.2]])).toEqual([[1, 1]]);
  });
});
