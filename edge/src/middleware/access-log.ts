/**
 * @module One JSON line for each request, with the error's cause where we are at fault. What callers send stays out of it:
 * no key, no text, no picture, no name of an item; a path only as its route's pattern.
 */
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import { modelRevisionKey } from "@sightline/shared/ids";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { App } from "../context.ts";

export const accessLog = createMiddleware<App>(async (c, next) => {
  await next();
  const { status } = c.res;
  if (status >= 500) console.error(JSON.stringify(lineOf(c, "error")));
  // Tests assert on answers: a line for each of their requests would bury what went wrong.
  else if (c.env.ENVIRONMENT !== "test") console.info(JSON.stringify(lineOf(c, "info")));
});

function lineOf(c: Context<App>, level: "info" | "error"): Readonly<Record<string, unknown>> {
  const { requestId, trace, origin, identity, model, call, cache, decision, timing } = c.var;
  return {
    time: new Date().toISOString(),
    level,
    request_id: requestId,
    trace_id: trace?.traceId,
    method: c.req.method,
    route: routePath(c, -1),
    status: c.res.status,
    code: codeOf(c),
    tenant: identity?.tenant,
    key: identity?.publicId,
    model: model && modelRevisionKey(model),
    origin,
    // What was let through, in the units of its cost.
    work: call?.work,
    cache,
    limit: decision && { refused_by: decision.refusedBy, by: decision.quota ? "redis" : "isolate" },
    ms: timing?.spent(),
    ...(level === "error" && { cause: causeOf(c.error) }),
  };
}

function codeOf(c: Context<App>): ErrorCode | undefined {
  if (c.error) return c.error instanceof ApiError ? c.error.code : "internal_error";
  return c.res.status === 404 ? "not_found" : undefined;
}

/** An ApiError is made where its cause is known; anything else is a bug, and is its own cause. */
function causeOf(error: Error | undefined): unknown {
  const cause = error instanceof ApiError ? error.cause : error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : cause;
}
