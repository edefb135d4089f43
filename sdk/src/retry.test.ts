import { describe, expect, it } from "vitest";
import { type ApiError, apiError, ConnectionError, TimeoutError } from "./errors.ts";
import { retryDelay } from "./retry.ts";

const failure = (status: number, retryAfterMs: number | null = null, code: string | null = null): ApiError =>
  apiError({ status, code, message: "", param: null, requestId: null, retryAfterMs });
const most = () => 0.999_999;

describe("a failed call", () => {
  it.each([408, 429, 500, 502, 503, 504])("is tried again after %i", (status) => {
    expect(retryDelay(failure(status), 1, most)).toBeGreaterThan(0);
  });

  it.each([400, 401, 403, 404, 405, 409, 413, 415, 422])("is not tried again after %i", (status) => {
    expect(retryDelay(failure(status), 1, most)).toBeUndefined();
  });

  it("is tried again when an earlier try of it is still at work", () => {
    expect(retryDelay(failure(409, 1000, "idempotency_in_progress"), 1, most)).toBeGreaterThanOrEqual(1000);
  });

  it("is tried again when no answer came, and not after a fault of the program's own", () => {
    expect(retryDelay(new ConnectionError(""), 1, most)).toBeGreaterThan(0);
    expect(retryDelay(new TimeoutError(""), 1, most)).toBeGreaterThan(0);
    expect(retryDelay(new TypeError(""), 1, most)).toBeUndefined();
  });

  it("waits as long as the API says, a little spread, and not for a month's quota", () => {
    for (const random of [0, 0.5, 0.999]) {
      const delay = retryDelay(failure(503, 3000), 1, () => random) ?? 0;
      expect(delay).toBeGreaterThanOrEqual(3000);
      expect(delay).toBeLessThan(3300);
    }
    expect(retryDelay(failure(429, 86_400_000), 1, most)).toBeUndefined();
  });

  it("waits longer each time, up to eight seconds, never the same for all callers", () => {
    const delays = [1, 2, 3, 4, 5, 9].map((failures) => Math.round(retryDelay(failure(500), failures, most) ?? 0));
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    expect(retryDelay(failure(500), 1, () => 0)).toBe(250);
  });
});
