/**
 * Limits of a tenant: requests and compute units a minute (token buckets), units a month, calls in progress. They lie in
 * Redis; while Redis is away a stricter bucket of this isolate takes their place, so that a limit is never open.
 */
import type { TenantId } from "@sightline/shared/ids";
import { costOf, PLANS, type Plan, type PlanName, type Work } from "@sightline/shared/limits";
import { redisKeys } from "@sightline/shared/tenants";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { LEASE_MS } from "../deadline.ts";
import type { RedisClient } from "../redis.ts";
import { ADMIT, SETTLE } from "./admission-script.ts";
import { monthOf, USAGE_LIFE_SECONDS, usageFields } from "./usage.ts";

export type LimitName = "requests" | "compute" | "quota" | "concurrency";

interface Level {
  readonly capacity: number;
  /** After this decision; a refused call takes nothing. */
  readonly left: number;
  readonly perSecond: number;
}

export interface Decision {
  readonly refusedBy: LimitName | undefined;
  readonly requests: Level;
  readonly compute: Level;
  /** Unknown while Redis is away. */
  readonly quota: { readonly capacity: number; readonly left: number } | undefined;
}

/** One call of a tenant. */
export interface Call {
  readonly tenant: TenantId;
  readonly plan: PlanName;
  readonly work: Work;
  /** The worker's own id of the call, not the caller's: who repeats a request id pays for each call all the same. */
  readonly lease: string;
}

const MINUTE_MS = 60_000;
/** Isolates do not see each other: without Redis each grants a tenant this share of its plan. */
const FALLBACK_SHARE = 0.1;
const REFUSALS: readonly (LimitName | undefined)[] = [undefined, "requests", "compute", "quota", "concurrency"];

/** What the script returns. A Redis that answers anything else is one that is away: it must not open a limit. */
const Answer = z.tuple([z.int().min(0).max(4), z.int(), z.int(), z.int(), z.int()]);

export interface Limiter {
  admit(call: Call): Promise<Decision>;
}

/** @param redis of the request. Without it `fallback` decides. */
export function redisLimiter(redis: RedisClient, fallback: Limiter, now: () => number = Date.now): Limiter {
  return {
    async admit(call) {
      const plan: Plan = PLANS[call.plan];
      const at = now();
      const cost = costOf(call.work);
      const keys = [
        redisKeys.buckets(call.tenant),
        redisKeys.usage(call.tenant, monthOf(at)),
        redisKeys.inProgress(call.tenant),
      ];
      const numbers = [
        at,
        cost,
        plan.requestsPerMinute / MINUTE_MS,
        plan.requestsPerMinute,
        plan.computeUnitsPerMinute / MINUTE_MS,
        plan.computeBurst,
        plan.computeUnitsPerMonth,
        plan.concurrency,
      ];
      try {
        const answer = await redis.evaluate(ADMIT, keys, [...numbers, call.lease, at + LEASE_MS]);
        const [refusal, requests, compute, used] = Answer.parse(answer);
        return {
          refusedBy: REFUSALS[refusal],
          requests: level(plan.requestsPerMinute, requests, plan.requestsPerMinute),
          compute: level(plan.computeBurst, compute, plan.computeUnitsPerMinute),
          quota: {
            capacity: plan.computeUnitsPerMonth,
            left: Math.max(0, plan.computeUnitsPerMonth - used - (refusal === 0 ? cost : 0)),
          },
        };
      } catch {
        return fallback.admit(call);
      }
    },
  };
}

/**
 * Ends a call: its place is free again, and the work that was `done` is metered, once however often this is repeated.
 * Loses the metering of a call while Redis is away, never the call.
 */
export async function settle(redis: RedisClient, call: Call, done: Work, at: number): Promise<void> {
  const keys = [
    redisKeys.usage(call.tenant, monthOf(at)),
    redisKeys.inProgress(call.tenant),
    redisKeys.metered(call.tenant, call.lease),
  ];
  const args = [call.lease, USAGE_LIFE_SECONDS, ...usageFields(done, at)];
  await redis.evaluate(SETTLE, keys, args).catch(() => undefined);
}

const level = (capacity: number, left: number, perMinute: number): Level => ({
  capacity,
  left,
  perSecond: perMinute / 60,
});

interface Buckets {
  readonly requests: number;
  readonly compute: number;
  readonly at: number;
}

/** In this isolate's memory, with a tenth of the plan's rates. Knows no quota and no calls in progress. */
export function localLimiter(now: () => number = Date.now): Limiter {
  const known = new LRUCache<TenantId, Buckets>({ max: 10_000 });
  return {
    async admit({ tenant, plan: name, work }) {
      const plan: Plan = PLANS[name];
      const requestsPerMinute = plan.requestsPerMinute * FALLBACK_SHARE;
      const computePerMinute = plan.computeUnitsPerMinute * FALLBACK_SHARE;
      const capacity = plan.computeBurst * FALLBACK_SHARE;
      const at = now();
      const last = known.get(tenant) ?? { requests: requestsPerMinute, compute: capacity, at };
      const minutes = (at - last.at) / MINUTE_MS;
      const requests = Math.min(requestsPerMinute, last.requests + minutes * requestsPerMinute);
      const compute = Math.min(capacity, last.compute + minutes * computePerMinute);
      // A call dearer than the whole small bucket is paid by a full one: else it could never pass.
      const price = Math.min(costOf(work), capacity);
      const refusedBy = requests < 1 ? "requests" : compute < price ? "compute" : undefined;
      const taken = refusedBy ? { requests, compute } : { requests: requests - 1, compute: compute - price };
      known.set(tenant, { ...taken, at });
      return {
        refusedBy,
        requests: level(requestsPerMinute, Math.floor(taken.requests), requestsPerMinute),
        compute: level(capacity, Math.floor(taken.compute), computePerMinute),
        quota: undefined,
      };
    },
  };
}
