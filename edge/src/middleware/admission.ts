/** @module Rate limiting by cost: `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers and `Retry-After`. */
import { ApiError } from "@sightline/shared/errors";
import type { Context } from "hono";
import type { App } from "../context.ts";
import { redisLimiter } from "../tenants/limiter.ts";

/**
 * Takes the cost of the work from the tenant's bucket. Called by handlers once the cost is known, before the work; the
 * promise may be awaited late, so that the limiter is asked while the cache is being read.
 *
 * @throws ApiError(rate_limit_exceeded); a rejected request costs nothing.
 */
export async function admit(c: Context<App>, cost: number): Promise<void> {
  const { services, redis, identity, timing } = c.var;
  const limiter = redisLimiter(redis, services.localLimiter);
  const decision = await timing.measure("limit", limiter.take(identity.tenant, identity.plan, cost));
  const { allowed, capacity, remaining, unitsPerSecond } = decision;
  const secondsFor = (units: number): number => Math.max(0, Math.ceil(units / unitsPerSecond));
  c.header("RateLimit-Policy", `"compute";q=${Math.floor(capacity)};w=${secondsFor(capacity)}`);
  c.header("RateLimit", `"compute";r=${remaining};t=${secondsFor(capacity - remaining)}`);
  if (allowed) return;
  throw new ApiError("rate_limit_exceeded", {
    message: `This call costs ${cost} compute units, more than the tenant has left.`,
    retryAfterSeconds: Math.max(1, secondsFor(Math.min(cost, capacity) - remaining)),
  });
}
