import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGate } from "./gate.ts";

const never = new AbortController().signal;

describe("createGate", () => {
  it("never lets more than its width run at once, and lets all of it run", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 5 }), fc.nat({ max: 20 }), async (s, width, count) => {
        const gate = createGate(width);
        let running = 0;
        let most = 0;
        const work = async (index: number) => {
          running += 1;
          most = Math.max(most, running);
          await s.schedule(Promise.resolve());
          running -= 1;
          return index;
        };
        const all = Promise.all(Array.from({ length: count }, (_, index) => gate(() => work(index), never)));
        await s.waitFor(all);
        expect(await all).toEqual(Array.from({ length: count }, (_, index) => index));
        expect(most).toBe(Math.min(width, count));
      }),
    );
  });

  it("frees the place of work that fails", async () => {
    const gate = createGate(1);
    await expect(gate(() => Promise.reject(new Error("broken")), never)).rejects.toThrow("broken");
    expect(await gate(async () => "next", never)).toBe("next");
  });

  it("does not start work that was cancelled while it waited", async () => {
    const gate = createGate(1);
    const cancelled = new AbortController();
    const running = Promise.withResolvers<void>();
    const first = gate(() => running.promise, never);
    let started = false;
    const second = gate(async () => {
      started = true;
    }, cancelled.signal);
    cancelled.abort(new Error("not wanted"));
    const outcome = expect(second).rejects.toThrow("not wanted");
    running.resolve();
    await Promise.all([first, outcome]);
    expect(started).toBe(false);
  });
});
