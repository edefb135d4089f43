/** @module Request id, trace, deadline, clocks and per-request clients: the first thing that happens to a request. */
import { requestIdFrom } from "@sightline/shared/ids";
import { LIMITS } from "@sightline/shared/limits";
import { traceFrom } from "@sightline/shared/trace-context";
import { createMiddleware } from "hono/factory";
import type { App } from "../context.ts";
import { deadlineIn } from "../deadline.ts";
import { ServerTiming } from "../http/server-timing.ts";
import { createRedis } from "../redis.ts";
import { servicesFor } from "../services.ts";

export const request = createMiddleware<App>(async (c, next) => {
  const services = servicesFor(c.env);
  const timing = new ServerTiming();
  const requestId = requestIdFrom(c.req.header("x-request-id"));
  c.set("services", services);
  c.set("requestId", requestId);
  c.set("trace", traceFrom(c.req.header("traceparent")));
  c.set("timing", timing);
  c.set("deadline", deadlineIn(LIMITS.deadlineMs));
  c.set("redis", createRedis(services.config));
  await next();
  c.header("X-Request-Id", requestId);
  c.header("Server-Timing", timing.toHeader());
});
