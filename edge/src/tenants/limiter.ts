/**
 * Rate limits: a token bucket per tenant, in compute units. The bucket lies in Redis; while Redis is away a stricter
 * bucket of this isolate takes its place, so that a limit is never open.
 */

import type { TenantId } from "@sightline/shared/ids";
import { PLANS, type Plan, type PlanName } from "@sightline/shared/limits";
import { Ratelimit } from "@upstash/ratelimit";
import { LRUCache } from "lru-cache";
import type { RedisClient } from "../redis.ts";

interface Decision {
  readonly allowed: boolean;
  /** Units left in the bucket after this request. */
  readonly remaining: number;
  /** Seconds until the bucket could pay for this request; 0 if it did. */
  readonly retryAfterSeconds: number;
}

export interface Limiter {
  take(tenant: TenantId, plan: PlanName, cost: number): Promise<Decision>;
}

const MINUTE_MS = 60_000;
/** The bucket is refilled in steps of this length. */
const STEP_MS = 1000;
/** Isolates do not see each other: without Redis each grants a tenant this share of its plan. */
const FALLBACK_SHARE = 0.1;

const secondsToEarn = (units: number, plan: Plan): number =>
  Math.max(1, Math.ceil((units / plan.computeUnitsPerMinute) * 60));

/** Source of the algorithm: @upstash/ratelimit's token bucket, one atomic script per decision. */
export function redisLimiter(redis: RedisClient, fallback: Limiter): Limiter {
  return {
    async take(tenant, planName, cost) {
      const plan = PLANS[planName];
      const limiter = new Ratelimit({
        redis,
        prefix: "sl:rl",
        limiter: Ratelimit.tokenBucket(
          Math.ceil((plan.computeUnitsPerMinute * STEP_MS) / MINUTE_MS),
          `${STEP_MS} ms`,
          plan.burst,
        ),
        // The library's own timeout lets a request through; ours must not.
        timeout: 0,
        ephemeralCache: false,
      });
      try {
        const { success, remaining } = await limiter.limit(tenant, { rate: cost });
        return {
          allowed: success,
          remaining: Math.max(0, remaining),
          retryAfterSeconds: success ? 0 : secondsToEarn(cost - Math.max(0, remaining), plan),
        };
      } catch {
        return fallback.take(tenant, planName, cost);
      }
    },
  };
}

interface Bucket {
  units: number;
  at: number;
}

/** One bucket per tenant in this isolate's memory, with a tenth of the plan's rate. */
export function localLimiter(now: () => number = Date.now): Limiter {
  const buckets = new LRUCache<TenantId, Bucket>({ max: 10_000 });
  return {
    async take(tenant, planName, cost) {
      const plan = PLANS[planName];
      const perMs = (plan.computeUnitsPerMinute * FALLBACK_SHARE) / MINUTE_MS;
      const capacity = plan.burst * FALLBACK_SHARE;
      const at = now();
      const last = buckets.get(tenant) ?? { units: capacity, at };
      const units = Math.min(capacity, last.units + (at - last.at) * perMs);
      // A call dearer than the whole small bucket is paid by a full one: else it could never pass.
      const price = Math.min(cost, capacity);
      const allowed = units >= price;
      buckets.set(tenant, { units: allowed ? units - price : units, at });
      return {
        allowed,
        remaining: Math.floor(allowed ? units - price : units),
        retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((price - units) / perMs / 1000)),
      };
    },
  };
}
