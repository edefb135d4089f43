import { newTrace } from "@sightline/shared/trace-context";
import { expect, it } from "vitest";
import { isChosen } from "./sampling.ts";

const ids = Array.from({ length: 4000 }, () => newTrace().traceId);

it("chooses all, none, or about as many as were asked for", () => {
  expect(ids.every((id) => isChosen(id, 1))).toBe(true);
  expect(ids.some((id) => isChosen(id, 0))).toBe(false);
  const chosen = ids.filter((id) => isChosen(id, 0.25)).length;
  // Six standard deviations.
  expect(Math.abs(chosen - 1000)).toBeLessThan(170);
});

it("chooses at a higher ratio whatever it chooses at a lower one", () => {
  for (const id of ids.filter((one) => isChosen(one, 0.1))) expect(isChosen(id, 0.2)).toBe(true);
});
