/** @module Rate limiting by cost: `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers and `Retry-After`. */
import { ApiError } from "@sightline/shared/errors";
import { PLANS } from "@sightline/shared/limits";
import type { Context } from "hono";
import type { App } from "../context.ts";
import { redisLimiter } from "../tenants/limiter.ts";

/**
 * Takes the cost of the work from the tenant's bucket. Called by handlers once the cost is known, before the work; the
 * promise may be awaited late, so that the limiter and the cache share one round trip to Redis.
 *
 * @throws ApiError(rate_limit_exceeded); a rejected request costs nothing.
 */
export async function admit(c: Context<App>, cost: number): Promise<void> {
  const { services, redis, identity, timing } = c.var;
  const plan = PLANS[identity.plan];
  const limiter = redisLimiter(redis, services.localLimiter);
  const decision = await timing.measure("limit", limiter.take(identity.tenant, identity.plan, cost));
  const window = Math.ceil((plan.burst / plan.computeUnitsPerMinute) * 60);
  const reset = Math.ceil(((plan.burst - decision.remaining) / plan.computeUnitsPerMinute) * 60);
  c.header("RateLimit-Policy", `"compute";q=${plan.burst};w=${window}`);
  c.header("RateLimit", `"compute";r=${decision.remaining};t=${Math.max(0, reset)}`);
  if (decision.allowed) return;
  throw new ApiError("rate_limit_exceeded", {
    message: `This call costs ${cost} compute units, more than the tenant has left.`,
    retryAfterSeconds: decision.retryAfterSeconds,
  });
}
