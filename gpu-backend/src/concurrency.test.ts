import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limitConcurrency } from "./concurrency.ts";

const never = new AbortController().signal;

describe("limitConcurrency", () => {
  it("never runs more than its limit, and runs everything once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 }),
        async (limit, durations) => {
          const run = limitConcurrency({ running: limit, waiting: 100 });
          let running = 0;
          let most = 0;
          const done = await Promise.all(
            durations.map((ms, i) =>
              run(never, async () => {
                most = Math.max(most, ++running);
                await delay(ms);
                running--;
                return i;
              }),
            ),
          );
          expect(done).toEqual(durations.map((_, i) => i));
          expect(most).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("goes on after work that failed", async () => {
    const run = limitConcurrency({ running: 1, waiting: 10 });
    const failing = run(never, () => Promise.reject(new Error("no")));
    const next = run(never, async () => "yes");
    await expect(failing).rejects.toThrow("no");
    await expect(next).resolves.toBe("yes");
  });

  it("refuses who comes to a full line", async () => {
    const run = limitConcurrency({ running: 1, waiting: 1 });
    const gate = Promise.withResolvers<void>();
    const first = run(never, () => gate.promise);
    const second = run(never, async () => "second");
    await expect(run(never, async () => "third")).rejects.toMatchObject({ code: "overloaded" });
    gate.resolve();
    await first;
    await expect(second).resolves.toBe("second");
  });

  it("lets who is aborted leave the line at once, and keeps the order of the others", async () => {
    const run = limitConcurrency({ running: 1, waiting: 10 });
    const gate = Promise.withResolvers<void>();
    const caller = new AbortController();
    const order: string[] = [];
    const first = run(never, () => gate.promise);
    const leaving = run(caller.signal, async () => order.push("leaving"));
    const last = run(never, async () => order.push("last"));
    caller.abort(new Error("gone"));
    await expect(leaving).rejects.toThrow("gone");
    gate.resolve();
    await Promise.all([first, last]);
    expect(order).toEqual(["last"]);
  });
});
