/**
 * One line for each signed call, and for each failure of ours: the same names as in the edge's line of the request. Nothing of
 * what callers send.
 */
import { ApiError } from "@sightline/shared/errors";
import { parseTraceparent } from "@sightline/shared/trace-context";
import type { Context, MiddlewareHandler } from "hono";
import type { Logger } from "pino";
import { CLIENT_LEFT } from "./errors.ts";
import { routeOf } from "./route-of.ts";

/** @param now monotonic milliseconds. */
export function accessLog(log: Pick<Logger, "info" | "error">, now: () => number): MiddlewareHandler {
  return async (c, next) => {
    const startedAt = now();
    await next();
    const line = lineOf(c, now() - startedAt);
    // `/readyz` answers 503 without an error: a replica that starts has not failed.
    if (c.error && c.res.status >= 500) log.error({ ...line, err: causeOf(c.error) }, "call failed");
    else if (line.route.startsWith("/internal/")) log.info(line, "call");
  };
}

function lineOf(c: Context, total: number) {
  const { asked, timings } = c.var;
  return {
    request_id: c.req.header("x-request-id"),
    trace_id: parseTraceparent(c.req.header("traceparent"))?.traceId,
    method: c.req.method,
    route: routeOf(c),
    status: c.res.status,
    code: c.res.status === CLIENT_LEFT ? undefined : codeOf(c.error),
    tenant: asked?.tenant,
    model: asked?.model,
    ms: {
      ...(timings && {
        decode: tenths(timings.decodeMs),
        queue: tenths(timings.queueMs),
        inference: tenths(timings.inferenceMs),
      }),
      total: tenths(total),
    },
  };
}

const tenths = (ms: number): number => Math.round(ms * 10) / 10;

const codeOf = (error: Error | undefined) =>
  error && (error instanceof ApiError ? error.code : ("internal_error" as const));

/** An ApiError is made where its cause is known; anything else is a bug, and is its own cause. */
const causeOf = (error: Error | undefined): unknown => (error instanceof ApiError ? error.cause : error);
