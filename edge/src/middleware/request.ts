/** @module Request id, trace, deadline, clocks and per-request clients: the first thing that happens to a request. */
import { requestIdFrom } from "@sightline/shared/ids";
import { LIMITS } from "@sightline/shared/limits";
import { createMiddleware } from "hono/factory";
import type { App } from "../context.ts";
import { deadlineIn } from "../deadline.ts";
import { ServerTiming } from "../http/server-timing.ts";
import { createRedis } from "../redis.ts";
import { servicesFor } from "../services.ts";
import { beginTrace } from "../tracing/trace.ts";

export const request = createMiddleware<App>(async (c, next) => {
  const services = servicesFor(c.env);
  const trace = beginTrace(c.req.header("traceparent"), services.spans);
  const timing = new ServerTiming(Date.now, trace.phase);
  const requestId = requestIdFrom(c.req.header("x-request-id"));
  c.set("services", services);
  c.set("requestId", requestId);
  c.set("trace", trace);
  c.set("timing", timing);
  c.set("deadline", deadlineIn(LIMITS.deadlineMs));
  c.set("redis", createRedis(services.config, services.redisSession));
  await next();
  c.header("X-Request-Id", requestId);
  c.header("Server-Timing", timing.toHeader());
});
