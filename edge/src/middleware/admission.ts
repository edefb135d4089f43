/** @module Limits by cost: `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers, `Retry-After`, metering. */
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import { costOf, PLANS, type Work } from "@sightline/shared/limits";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { App } from "../context.ts";
import { type Call, type Decision, type LimitName, redisLimiter } from "../tenants/limiter.ts";
import { monthEnd } from "../tenants/usage.ts";

const CODES: Readonly<Record<LimitName, ErrorCode>> = {
  requests: "rate_limit_exceeded",
  compute: "rate_limit_exceeded",
  quota: "quota_exceeded",
  concurrency: "concurrency_limit_exceeded",
};

/**
 * Takes the cost of a call from the tenant's limits, once: asking again gives the same answer. Called by handlers when the
 * work is known and before it is done; the promise may be awaited late, so that the limiter is asked while the cache is
 * being read.
 *
 * @throws ApiError(rate_limit_exceeded | quota_exceeded | concurrency_limit_exceeded); a refused call costs nothing.
 */
export function admit(c: Context<App>, work: Work): Promise<void> {
  const admission = c.var.admission ?? decide(c, work);
  c.set("admission", admission);
  // Awaited by the handler; should that fail first, the limiter's answer must not become an unhandled rejection.
  admission.catch(() => undefined);
  return admission;
}

async function decide(c: Context<App>, work: Work): Promise<void> {
  const { services, redis, identity, timing } = c.var;
  const call: Call = { tenant: identity.tenant, plan: identity.plan, work, lease: crypto.randomUUID() };
  const limiter = redisLimiter(redis, services.localLimiter);
  c.executionCtx.waitUntil(services.settlements.send(redis));
  const decision = await timing.measure("limit", limiter.admit(call));
  const now = Date.now();
  c.set("decision", decision);
  tell(c, decision, now);
  if (decision.refusedBy === undefined) c.set("call", call);
  else throw refusal(decision, decision.refusedBy, work, now);
}

/**
 * For what has to be looked up before the work is known: a look that finds nothing takes from the limits, too, so that nobody may
 * look without end. @throws what the look-up throws, or what `admit` does.
 */
export async function foundOrCharged<T>(c: Context<App>, lookUp: Promise<T>): Promise<T> {
  try {
    return await lookUp;
  } catch (error) {
    await admit(c, { read: 1 });
    throw error;
  }
}

/** Meters this instead of what the limiter was asked for, which was as much as there could be: what is metered is what is done. */
export function meter(c: Context<App>, done: Work): void {
  const { call } = c.var;
  if (call) c.set("call", { ...call, work: done });
}

/**
 * When the call is over, frees its place and meters what it did. A call that failed did nothing. One whose caller goes away ends
 * like any other: the platform would drop it where it stands, and its place would stay taken until the lease ends.
 */
export const metering = createMiddleware<App>(async (c, next) => {
  const over = Promise.withResolvers<void>();
  c.executionCtx.waitUntil(over.promise);
  try {
    await next();
  } finally {
    const { call, redis, services } = c.var;
    const done = call && c.res.status < 400 ? call.work : {};
    if (call) c.executionCtx.waitUntil(services.settlements.add({ call, done, at: Date.now() }, redis));
    over.resolve();
  }
});

function tell(c: Context<App>, { requests, compute, quota }: Decision, now: number): void {
  const policy = [
    `"requests";q=${Math.floor(requests.capacity)};w=60`,
    `"compute";q=${Math.floor(compute.capacity)};w=${secondsFor(compute.capacity, compute.perSecond)}`,
  ];
  const state = [
    `"requests";r=${requests.left};t=${secondsFor(requests.capacity - requests.left, requests.perSecond)}`,
    `"compute";r=${compute.left};t=${secondsFor(compute.capacity - compute.left, compute.perSecond)}`,
  ];
  if (quota) {
    const untilReset = Math.ceil((monthEnd(now) - now) / 1000);
    policy.push(`"quota";q=${quota.capacity};w=${31 * 86_400}`);
    state.push(`"quota";r=${quota.left};t=${untilReset}`);
  }
  c.header("RateLimit-Policy", policy.join(", "));
  c.header("RateLimit", state.join(", "));
}

function refusal(decision: Decision, limit: LimitName, work: Work, now: number): ApiError {
  const { requests, compute, quota } = decision;
  const cost = costOf(work);
  const [message, seconds] = {
    requests: [
      "The tenant has made as many requests as its plan allows in a minute.",
      secondsFor(1 - requests.left, requests.perSecond),
    ],
    compute: [
      `This call costs ${cost} compute units, more than the tenant has left.`,
      secondsFor(Math.min(cost, compute.capacity) - compute.left, compute.perSecond),
    ],
    quota: [
      `This call costs ${cost} compute units; the tenant has ${quota?.left ?? 0} left this month.`,
      Math.ceil((monthEnd(now) - now) / 1000),
    ],
    concurrency: ["The tenant has as many calls in progress as its plan allows.", 1],
  }[limit] as [string, number];
  return new ApiError(CODES[limit], { message, retryAfterSeconds: Math.max(1, seconds) });
}

const secondsFor = (units: number, perSecond: number): number => Math.max(0, Math.ceil(units / perSecond));

/**
 * @param param the field that holds them.
 * @throws ApiError(too_many_inputs) if the caller's plan allows fewer images or texts in one call.
 */
export function checkCallSize(c: Context<App>, { image = 0, text = 0 }: Work, param: string): void {
  const { imagesPerCall, textsPerCall } = PLANS[c.var.identity.plan];
  const excess: readonly [string, number, number][] = [
    ["images", image, imagesPerCall],
    ["texts", text, textsPerCall],
  ];
  for (const [what, count, most] of excess) {
    if (count > most) {
      throw new ApiError("too_many_inputs", {
        param,
        message: `At most ${most} ${what} per call in the plan "${c.var.identity.plan}"; there are ${count}.`,
      });
    }
  }
}
