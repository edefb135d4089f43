import { setTimeout as delay } from "node:timers/promises";
import { TenantId } from "@sightline/shared/ids";
import type { Lane } from "@sightline/shared/internal/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Claim, limitConcurrency } from "./concurrency.ts";

const claim = (parts: Partial<Claim> & { readonly of?: string } = {}): Claim => ({
  tenant: TenantId.parse(parts.of ?? "acme"),
  lane: "interactive",
  signal: new AbortController().signal,
  ...parts,
});

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
              run(claim(), async () => {
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
    const failing = run(claim(), () => Promise.reject(new Error("no")));
    const next = run(claim(), async () => "yes");
    await expect(failing).rejects.toThrow("no");
    await expect(next).resolves.toBe("yes");
  });

  it("refuses who comes to a full line", async () => {
    const run = limitConcurrency({ running: 1, waiting: 1 });
    const gate = Promise.withResolvers<void>();
    const first = run(claim(), () => gate.promise);
    const second = run(claim(), async () => "second");
    await expect(run(claim(), async () => "third")).rejects.toMatchObject({ code: "overloaded" });
    gate.resolve();
    await first;
    await expect(second).resolves.toBe("second");
  });

  it("lets who is aborted leave the line at once, and keeps the order of the others", async () => {
    const run = limitConcurrency({ running: 1, waiting: 10 });
    const gate = Promise.withResolvers<void>();
    const caller = new AbortController();
    const order: string[] = [];
    const first = run(claim(), () => gate.promise);
    const leaving = run(claim({ signal: caller.signal }), async () => order.push("leaving"));
    const last = run(claim(), async () => order.push("last"));
    caller.abort(new Error("gone"));
    await expect(leaving).rejects.toThrow("gone");
    gate.resolve();
    await Promise.all([first, last]);
    expect(order).toEqual(["last"]);
  });

  /** Takes a place until it is told to end. */
  function hold(run: ReturnType<typeof limitConcurrency>, parts: Parameters<typeof claim>[0]) {
    const gate = Promise.withResolvers<void>();
    const done = run(claim(parts), () => gate.promise);
    return {
      async end() {
        gate.resolve();
        await done;
      },
    };
  }

  it("lets interactive work in before bulk work that came first, and every fourth time bulk work", async () => {
    const run = limitConcurrency({ running: 1, waiting: 10 });
    const first = hold(run, {});
    const order: string[] = [];
    const note = (lane: Lane) => run(claim({ lane }), async () => order.push(lane));
    const waiting = [...(["bulk", "bulk", "bulk"] as const), ...Array<Lane>(6).fill("interactive")].map(note);
    await first.end();
    await Promise.all(waiting);
    expect(order.map((lane) => lane[0]).join("")).toBe("iiibiiibb");
  });

  it("has a line for each lane: bulk work that fills its own takes no place from people", async () => {
    const run = limitConcurrency({ running: 1, waiting: 2 });
    const first = hold(run, { lane: "bulk" });
    const bulk = [1, 2].map(() => run(claim({ lane: "bulk" }), async () => "bulk"));
    await expect(run(claim({ lane: "bulk" }), async () => "bulk")).rejects.toMatchObject({ code: "overloaded" });
    const person = run(claim(), async () => "person");
    await first.end();
    expect(await Promise.all([person, ...bulk])).toEqual(["person", "bulk", "bulk"]);
  });

  it("keeps places for others where one tenant may not have all of them, running and waiting", async () => {
    const run = limitConcurrency({ running: 3, waiting: 3, perTenant: { running: 2, waiting: 2 } });
    const greedy = [1, 2].map(() => hold(run, { of: "greedy" }));
    const order: string[] = [];
    const more = ["third", "fourth"].map((name) => run(claim({ of: "greedy" }), async () => order.push(name)));
    await expect(run(claim({ of: "greedy" }), async () => "fifth")).rejects.toMatchObject({ code: "overloaded" });
    await run(claim({ of: "modest" }), async () => order.push("modest"));
    expect(order).toEqual(["modest"]);
    for (const { end } of greedy) await end();
    await Promise.all(more);
    expect(order).toEqual(["modest", "third", "fourth"]);
  });
});
