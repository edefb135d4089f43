/** @module Tells of each request when it is over: a log line, counts; a data point and spans where somebody takes them. */
import { createMiddleware } from "hono/factory";
import type { App } from "../context.ts";
import { dataPointOf } from "../telemetry/data-point.ts";
import { log } from "../telemetry/log-line.ts";
import { recordOf } from "../telemetry/record.ts";
import { countRequest } from "../telemetry/request-counts.ts";
import { endRequestSpan } from "../tracing/request-span.ts";

export const telemetry = createMiddleware<App>(async (c, next) => {
  await next();
  const record = recordOf(c);
  log(record, c.error, c.env.ENVIRONMENT === "test");
  c.env.ANALYTICS?.writeDataPoint(dataPointOf(record));
  const { services, redis, trace } = c.var;
  // A worker whose configuration cannot be used has none of them.
  if (!services || !redis || !trace) return;
  countRequest(services.counts, record);
  c.executionCtx.waitUntil(services.counts.tell(redis));
  endRequestSpan(trace, record);
  if (services.spans) c.executionCtx.waitUntil(services.spans.flush());
});
