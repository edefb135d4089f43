import { ModelId, TenantId } from "@sightline/shared/ids";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeyValue } from "../redis.ts";
import { CanaryRouting, takesPart } from "./routing.ts";

const tenants = Array.from({ length: 2000 }, (_, i) => TenantId.parse(`tenant-${i}`));
const members = async (id: string, percent: number) => {
  const taking = await Promise.all(tenants.map((tenant) => takesPart(tenant, { id, percent })));
  return tenants.filter((_, i) => taking[i]);
};

describe("a canary", () => {
  it("takes nobody at 0 % and everybody at 100 %", async () => {
    expect(await members("a", 0)).toEqual([]);
    expect(await members("a", 100)).toEqual(tenants);
  });

  it("takes about the share of the tenants that it says, always the same ones", async () => {
    const half = await members("a", 50);
    // Five standard deviations of a fair coin.
    expect(Math.abs(half.length - 1000)).toBeLessThan(5 * Math.sqrt(2000 / 4));
    expect(await members("a", 50)).toEqual(half);
  });

  it("draws other tenants under another id", async () => {
    const [a, b] = [await members("a", 50), new Set(await members("b", 50))];
    const both = a.filter((tenant) => b.has(tenant)).length;
    expect(Math.abs(both - 500)).toBeLessThan(5 * Math.sqrt((2000 * 3) / 16));
  });

  it("keeps whom it has when it grows", async () => {
    const tenant = fc.constantFrom(...tenants);
    // Evenly over the whole range, which `fc.double` is not: nearly all that it draws is next to 0.
    const percent = fc.nat({ max: 1_000_000 }).map((n) => n / 10_000);
    await fc.assert(
      fc.asyncProperty(tenant, fc.string(), percent, percent, async (who, id, a, b) => {
        const small = await takesPart(who, { id, percent: Math.min(a, b) });
        const large = await takesPart(who, { id, percent: Math.max(a, b) });
        expect(small && !large).toBe(false);
      }),
    );
  });
});

/** A Redis in a variable, which can be away, and an isolate that looks at it. */
function isolate() {
  let stored: string | null = null;
  let away = false;
  let reads = 0;
  let passed = 0;
  const behind: Promise<unknown>[] = [];
  const store: KeyValue = {
    async get() {
      reads++;
      if (away) throw new Error("away");
      return stored;
    },
    async set(_, value) {
      stored = value;
    },
  };
  const routing = new CanaryRouting(() => 1_000_000 + passed);
  return {
    routing,
    store,
    reads: () => reads,
    percent: async () => {
      const { canaries } = await routing.current({ store, waitUntil: (work) => behind.push(work) });
      return canaries[0]?.percent;
    },
    async elsewhere(percent: number | undefined) {
      const canary = { id: "a", model: ModelId.parse("m"), revision: "2", percent };
      stored = JSON.stringify({ canaries: percent === undefined ? [] : [canary] });
    },
    put: (text: string) => {
      stored = text;
    },
    setAway: (value: boolean) => {
      away = value;
    },
    async pass(ms: number) {
      passed += ms;
      await Promise.all(behind.splice(0));
    },
  };
}

describe("an isolate", () => {
  it("knows of no canary where there never was one", async () => {
    expect(await isolate().percent()).toBeUndefined();
  });

  it("follows a change within ten seconds, also when nobody has called since", async () => {
    const own = isolate();
    await own.elsewhere(10);
    expect(await own.percent()).toBe(10);
    await own.elsewhere(undefined);
    await own.pass(9999);
    await own.pass(1);
    expect(await own.percent()).toBeUndefined();
  });

  it("renews the record behind the answers while calls come in", async () => {
    const own = isolate();
    await own.elsewhere(10);
    await own.percent();
    await own.elsewhere(20);
    await own.pass(5000);
    expect(await Promise.all([own.percent(), own.percent()])).toEqual([10, 10]);
    await own.pass(0);
    expect(await own.percent()).toBe(20);
    expect(own.reads()).toBe(2);
  });

  it.each([
    ["Redis is away", (own: ReturnType<typeof isolate>) => own.setAway(true)],
    ["the record is no record", (own: ReturnType<typeof isolate>) => own.put('{"canaries":"all"}')],
  ])("goes by what it has read last while %s, and asks no more than every five seconds", async (_, spoil) => {
    const own = isolate();
    await own.elsewhere(10);
    await own.percent();
    spoil(own);
    await own.pass(60_000);
    const reads = own.reads();
    for (let i = 0; i < 5; i++) expect(await own.percent()).toBe(10);
    expect(own.reads()).toBe(reads + 1);
    own.setAway(false);
    await own.elsewhere(undefined);
    await own.pass(5000);
    expect(await own.percent()).toBeUndefined();
  });

  it("follows its own change at once", async () => {
    const own = isolate();
    await own.elsewhere(10);
    await own.percent();
    await own.routing.write(own.store, { canaries: [] });
    expect(await own.percent()).toBeUndefined();
  });
});
