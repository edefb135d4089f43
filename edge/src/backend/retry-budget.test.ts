import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RetryBudget } from "./retry-budget.ts";

describe("a retry budget", () => {
  it("never grants more than a tenth of the calls, beyond the ten of the start", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 300 }), (retriesWanted) => {
        const budget = new RetryBudget();
        let granted = 0;
        retriesWanted.forEach((wanted, calls) => {
          budget.deposit();
          for (let i = 0; i < wanted; i++) if (budget.withdraw()) granted++;
          expect(granted).toBeLessThanOrEqual(10 + (calls + 1) / 10 + 1e-6);
        });
      }),
    );
  });

  it("grants a tenth of the calls, however long the outage", () => {
    const budget = new RetryBudget();
    let granted = 0;
    for (let call = 0; call < 10_000; call++) {
      budget.deposit();
      if (budget.withdraw()) granted++;
    }
    // The first deposit finds the bucket full.
    expect(granted).toBeGreaterThanOrEqual(1009);
    expect(granted).toBeLessThanOrEqual(1010);
  });

  it("does not save up in good times", () => {
    const budget = new RetryBudget();
    for (let call = 0; call < 10_000; call++) budget.deposit();
    let granted = 0;
    while (budget.withdraw()) granted++;
    expect(granted).toBe(10);
  });
});
