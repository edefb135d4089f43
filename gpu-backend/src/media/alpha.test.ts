import { describe, expect, it } from "vitest";
import { dropAlpha, splitAlpha } from "./alpha.ts";

const one = (...rgba: number[]) => splitAlpha({ data: Uint8Array.from(rgba), width: 1, height: 1, channels: 4 });

describe("alpha", () => {
  it.each([
    ["opaque", [10, 200, 255, 255], [10, 200, 255]],
    ["invisible: black", [10, 200, 255, 0], [0, 0, 0]],
    ["half: as near as 8 bits of weighed colour come", [10, 200, 255, 128], [9, 199, 255]],
    ["faint: of 3 levels, as Pillow has it", [10, 200, 255, 2], [0, 255, 255]],
  ])("takes a pixel apart and gives its colour back (%s)", (_, rgba, rgb) => {
    const { colours, alpha } = one(...rgba);
    expect([...dropAlpha(colours, alpha)]).toEqual(rgb);
  });

  it("never gives more than white where the filter overshot", () => {
    const { colours, alpha } = one(255, 255, 255, 100);
    expect([...dropAlpha({ ...colours, data: Uint8Array.of(110, 100, 90) }, alpha)]).toEqual([255, 255, 229]);
  });
});
