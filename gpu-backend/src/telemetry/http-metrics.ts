/** Requests by route, method and status; the route is the pattern that answered, never the path that was asked for. */
import type { MiddlewareHandler } from "hono";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { routeOf } from "../http/route-of.ts";
import { SECONDS } from "./buckets.ts";

/** @param now monotonic milliseconds. */
export function httpMetrics(registry: Registry, now: () => number): MiddlewareHandler {
  const registers = [registry];
  const requests = new Counter({
    name: "sightline_http_requests_total",
    help: "Requests; status 499 where the caller left before the answer.",
    labelNames: ["route", "method", "status"],
    registers,
  });
  const duration = new Histogram({
    name: "sightline_http_request_duration_seconds",
    help: "From a request's headers to its answer.",
    labelNames: ["route", "status"],
    buckets: SECONDS,
    registers,
  });
  const inFlight = new Gauge({
    name: "sightline_http_requests_in_flight",
    help: "Requests that wait for their answer.",
    registers,
  });
  return async (c, next) => {
    const startedAt = now();
    inFlight.inc();
    try {
      await next();
    } finally {
      const route = routeOf(c);
      const status = String(c.res.status);
      inFlight.dec();
      requests.inc({ route, method: c.req.method, status });
      duration.observe({ route, status }, (now() - startedAt) / 1000);
    }
  };
}
