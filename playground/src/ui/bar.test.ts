import { describe, expect, it } from "vitest";
import { percent } from "./bar.tsx";

describe("percent", () => {
  it.each([
    [0.5, "50.0%"],
    [0.9789, "97.9%"],
    [0.0014, "0.1%"],
    [0.99999, "> 99.9%"],
    [1, "> 99.9%"],
    [0, "< 0.1%"],
  ])("of %f is %s", (share, text) => expect(percent(share)).toBe(text));
});
