import fc from "fast-check";
import { expect, it } from "vitest";
import { backoffMs, parseRetryAfter } from "./retry.ts";

it("waits longer after each failure, up to a bound, never at the same moment as others", () => {
  const waits = [1, 2, 3, 4, 5, 6, 30].map((failures) => [backoffMs(failures, () => 0), backoffMs(failures, () => 1)]);
  expect(waits).toEqual([
    [500, 1000],
    [1000, 2000],
    [2000, 4000],
    [4000, 8000],
    [8000, 16_000],
    [10_000, 20_000],
    [10_000, 20_000],
  ]);
});

it("reads Retry-After as seconds and as a date", () => {
  const now = Date.parse("2026-11-21T07:00:00Z");
  expect(parseRetryAfter("120", now)).toBe(120_000);
  expect(parseRetryAfter("Sat, 21 Nov 2026 07:00:30 GMT", now)).toBe(30_000);
  expect(parseRetryAfter("Sat, 21 Nov 2020 07:00:30 GMT", now)).toBe(0);
  expect(parseRetryAfter("soon", now)).toBeUndefined();
  expect(parseRetryAfter(null, now)).toBeUndefined();
});

it("never gives a wait that is negative or no number", () => {
  fc.assert(fc.property(fc.string(), fc.nat(), (value, now) => (parseRetryAfter(value, now) ?? 0) >= 0));
});
