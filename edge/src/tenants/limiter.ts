/**
 * Rate limits: a token bucket per tenant, in compute units. The bucket lies in Redis; while Redis is away a stricter
 * bucket of this isolate takes its place, so that a limit is never open.
 */

import type { TenantId } from "@sightline/shared/ids";
import { PLANS, type PlanName } from "@sightline/shared/limits";
import { Ratelimit } from "@upstash/ratelimit";
import { LRUCache } from "lru-cache";
import type { RedisClient } from "../redis.ts";

interface Decision {
  readonly allowed: boolean;
  /** Of the bucket that decided. */
  readonly capacity: number;
  readonly unitsPerSecond: number;
  /** Units in the bucket after this decision; a rejected request takes none. */
  readonly remaining: number;
}

export interface Limiter {
  take(tenant: TenantId, plan: PlanName, cost: number): Promise<Decision>;
}

const MINUTE_MS = 60_000;
/** The bucket is refilled in steps of this length. */
const STEP_MS = 1000;
/** Isolates do not see each other: without Redis each grants a tenant this share of its plan. */
const FALLBACK_SHARE = 0.1;

/** Source of the algorithm: @upstash/ratelimit's token bucket, one atomic script per decision. */
export function redisLimiter(redis: RedisClient, fallback: Limiter): Limiter {
  return {
    async take(tenant, planName, cost) {
      const plan = PLANS[planName];
      const unitsPerStep = Math.ceil((plan.computeUnitsPerMinute * STEP_MS) / MINUTE_MS);
      const limiter = new Ratelimit({
        redis,
        prefix: "sl:rl",
        limiter: Ratelimit.tokenBucket(unitsPerStep, `${STEP_MS} ms`, plan.burst),
        // The library's own timeout lets a request through; ours must not.
        timeout: 0,
        ephemeralCache: false,
      });
      try {
        const { success, remaining } = await limiter.limit(tenant, { rate: cost });
        return {
          allowed: success,
          capacity: plan.burst,
          unitsPerSecond: (unitsPerStep * 1000) / STEP_MS,
          // A rejection does not tell what is left.
          remaining: success ? remaining : (await limiter.getRemaining(tenant)).remaining,
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
        capacity,
        unitsPerSecond: perMs * 1000,
        remaining: Math.floor(allowed ? units - price : units),
      };
    },
  };
}
