import { TenantId } from "@sightline/shared/ids";
import { costOf, LIMITS, PLANS, type PlanName, type Work } from "@sightline/shared/limits";
import { redisKeys } from "@sightline/shared/tenants";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configFrom } from "../env.ts";
import { createRedis } from "../redis.ts";
import { env } from "../testing/client.ts";
import { type Decision, type Limiter, localLimiter, redisLimiter, settle } from "./limiter.ts";

const redis = createRedis(configFrom(env));
const freshTenant = () => TenantId.parse(`t-${crypto.randomUUID()}`);
const unreachable: Limiter = { admit: () => Promise.reject(new Error("the fallback was asked")) };
const NOW = Date.parse("2026-11-21T12:00:00Z");

/** A limiter of one tenant whose clock the test moves. */
function limiterAt(make: (now: () => number) => Limiter, plan: PlanName = "free") {
  const tenant = freshTenant();
  const clock = { now: NOW };
  const limiter = make(() => clock.now);
  const admit = (work: Work) => {
    const call = { tenant, plan, work, lease: crypto.randomUUID() };
    return limiter.admit(call).then((decision) => ({ call, decision }));
  };
  return { tenant, clock, admit };
}

const inRedis = (now: () => number) => redisLimiter(redis, unreachable, now);

/** Calls that end at once, so that concurrency is not what refuses them. */
async function admitAndSettle(limits: ReturnType<typeof limiterAt>, work: Work): Promise<Decision> {
  const { call, decision } = await limits.admit(work);
  if (!decision.refusedBy) await settle(redis, call, {}, limits.clock.now);
  return decision;
}

describe("limits in Redis", () => {
  it("take the cost and say what is left", async () => {
    const limits = limiterAt(inRedis);
    const { decision } = await limits.admit({ image: 10, search: 1 });
    expect(decision).toMatchObject({
      refusedBy: undefined,
      requests: { capacity: 60, left: 59 },
      compute: { capacity: 1200, left: 1200 - 41, perSecond: 10 },
      quota: { capacity: 100_000, left: 100_000 - 41 },
    });
  });

  it("take nothing from a call that they refuse, and refill with time", async () => {
    const limits = limiterAt(inRedis);
    await admitAndSettle(limits, { text: 1150 });
    for (let i = 0; i < 3; i++) {
      const refused = await admitAndSettle(limits, { text: 100 });
      expect(refused).toMatchObject({ refusedBy: "compute", requests: { left: 59 }, compute: { left: 50 } });
    }
    limits.clock.now += 4999;
    expect((await admitAndSettle(limits, { text: 100 })).refusedBy).toBe("compute");
    limits.clock.now += 1;
    expect((await admitAndSettle(limits, { text: 100 })).refusedBy).toBeUndefined();
  });

  it("count requests, however cheap", async () => {
    const limits = limiterAt(inRedis);
    for (let i = 0; i < 60; i++) expect((await admitAndSettle(limits, { read: 1 })).refusedBy).toBeUndefined();
    expect(await admitAndSettle(limits, { read: 1 })).toMatchObject({ refusedBy: "requests", requests: { left: 0 } });
    limits.clock.now += 1000;
    expect((await admitAndSettle(limits, { read: 1 })).refusedBy).toBeUndefined();
  });

  it("stand still when a worker's clock stands behind another's", async () => {
    const limits = limiterAt(inRedis);
    await admitAndSettle(limits, { text: 1200 });
    limits.clock.now -= 60_000;
    expect((await admitAndSettle(limits, { text: 1 })).refusedBy).toBe("compute");
    limits.clock.now += 60_000 + 100;
    expect(await admitAndSettle(limits, { text: 1 })).toMatchObject({ refusedBy: undefined, compute: { left: 0 } });
  });

  it("end a month's quota, and begin the next one afresh", async () => {
    const limits = limiterAt(inRedis);
    const { call } = await limits.admit({ read: 1 });
    await settle(redis, call, { text: 99_990 }, limits.clock.now);
    expect(await admitAndSettle(limits, { text: 11 })).toMatchObject({ refusedBy: "quota", quota: { left: 10 } });
    expect((await admitAndSettle(limits, { text: 10 })).refusedBy).toBeUndefined();
    limits.clock.now = Date.parse("2026-12-01T00:00:00Z");
    expect((await admitAndSettle(limits, { text: 11 })).refusedBy).toBeUndefined();
  });

  it("bound the calls in progress; one that ended, or whose isolate died, gives its place back", async () => {
    const limits = limiterAt(inRedis);
    const calls = [];
    for (let i = 0; i < PLANS.free.concurrency; i++) calls.push(await limits.admit({ text: 1 }));
    expect((await limits.admit({ text: 1 })).decision.refusedBy).toBe("concurrency");
    await settle(redis, calls[0]!.call, { text: 1 }, limits.clock.now);
    expect((await limits.admit({ text: 1 })).decision.refusedBy).toBeUndefined();
    expect((await limits.admit({ text: 1 })).decision.refusedBy).toBe("concurrency");
    limits.clock.now += LIMITS.deadlineMs + 5000;
    expect((await limits.admit({ text: 1 })).decision.refusedBy).toBeUndefined();
  });

  it("meter a call once, however often it is settled", async () => {
    const { tenant, admit } = limiterAt(inRedis);
    const { call } = await admit({ image: 2 });
    for (let i = 0; i < 3; i++) await settle(redis, call, { image: 2 }, NOW);
    const fields = await redis.hgetall(redisKeys.usage(tenant, "2026-11"));
    expect(fields).toEqual({ total: "8", "21/requests": "1", "21/units": "8", "21/image": "2" });
  });

  it("pass to the fallback while Redis cannot be reached", async () => {
    const away = createRedis({ REDIS_URL: "http://127.0.0.1:1", REDIS_TOKEN: "x" });
    const limiter = redisLimiter(away, localLimiter());
    const call = { tenant: freshTenant(), plan: "free", work: { text: 1 }, lease: "a" } as const;
    const decision = await limiter.admit(call);
    expect(decision).toMatchObject({ refusedBy: undefined, compute: { capacity: 120, left: 119 }, quota: undefined });
    await settle(away, call, { text: 1 }, NOW);
  });
});

const Step = fc.record({
  waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90_000 })),
  work: fc.record({ text: fc.integer({ min: 0, max: 400 }), image: fc.integer({ min: 0, max: 60 }) }),
});

describe.each([
  ["in Redis", inRedis, 1, 25],
  ["in an isolate's memory", localLimiter, 0.1, 200],
] as const)("a limiter %s", (_, make, share, runs) => {
  it("never admits more than the plan: burst and refill, and for a bucket that is full one call of any cost", async () => {
    const { computeBurst, computeUnitsPerMinute, requestsPerMinute } = PLANS.free;
    await fc.assert(
      fc.asyncProperty(fc.array(Step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const limits = limiterAt(make);
        let units = 0;
        let requests = 0;
        for (const { waitMs, work } of steps) {
          limits.clock.now += waitMs;
          const decision = await admitAndSettle(limits, work);
          if (decision.refusedBy) continue;
          requests++;
          units += Math.min(costOf(work), computeBurst * share);
          const minutes = (limits.clock.now - NOW) / 60_000;
          expect(units).toBeLessThanOrEqual(share * (computeBurst + minutes * computeUnitsPerMinute) + 1e-6);
          expect(requests).toBeLessThanOrEqual(share * requestsPerMinute * (1 + minutes) + 1e-6);
        }
      }),
      { numRuns: runs },
    );
  });
});
