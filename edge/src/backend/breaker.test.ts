import { beforeEach, describe, expect, it } from "vitest";
import { Breaker, type Verdict } from "./breaker.ts";

let now: number;
let breaker: Breaker;
beforeEach(() => {
  now = 1_000_000;
  breaker = new Breaker(() => now);
});

const report = (verdict: Verdict) => breaker.admit()?.(verdict);
const reports = (...verdicts: Verdict[]) => verdicts.forEach(report);

describe("a breaker", () => {
  it("opens at the third failure in a row, for a minute", () => {
    reports("failed", "failed");
    expect(breaker.waitMs).toBe(0);
    report("failed");
    expect(breaker.waitMs).toBe(60_000);
    now += 59_999;
    expect([breaker.admit(), breaker.waitMs]).toEqual([undefined, 1]);
  });

  it("counts failures in a row only, and none of which nothing is known", () => {
    reports("failed", "failed", "alive", "failed", "unknown", "failed");
    expect(breaker.waitMs).toBe(0);
    report("failed");
    expect(breaker.waitMs).toBe(60_000);
  });

  describe("that was open for a minute", () => {
    beforeEach(() => {
      reports("failed", "failed", "failed");
      now += 60_000;
    });

    it("lets one call through at a time", () => {
      expect(breaker.waitMs).toBe(0);
      expect(breaker.admit()).toBeDefined();
      expect(breaker.admit()).toBeUndefined();
    });

    it("is worth asking again soon while that one is on its way", () => {
      const probe = breaker.admit();
      expect([breaker.waitMs, breaker.askAgainMs]).toEqual([60_000, 1000]);
      probe?.("failed");
      expect(breaker.askAgainMs).toBe(60_000);
    });

    it("closes when that one succeeds", () => {
      report("alive");
      expect([breaker.waitMs, breaker.admit(), breaker.admit()]).toEqual([
        0,
        expect.any(Function),
        expect.any(Function),
      ]);
    });

    it("stays open for another minute when it fails", () => {
      const probe = breaker.admit();
      now += 10_000;
      probe?.("failed");
      expect(breaker.waitMs).toBe(60_000);
    });

    it("tries again at once when it tells nothing", () => {
      report("unknown");
      expect(breaker.admit()).toBeDefined();
    });

    it("tries again after a minute when it never ends", () => {
      breaker.admit();
      now += 60_000;
      expect(breaker.admit()).toBeDefined();
    });
  });

  it("is not kept open by calls that began before it opened", () => {
    const [early, late] = [breaker.admit(), breaker.admit()];
    reports("failed", "failed", "failed");
    now += 30_000;
    early?.("failed");
    expect(breaker.waitMs).toBe(30_000);
    late?.("alive");
    expect(breaker.waitMs).toBe(0);
  });
});
