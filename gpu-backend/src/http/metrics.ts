/** `GET /metrics`: for Prometheus, on the service's own port. Load balancers do not lead there; it tells of no tenant. */
import type { Hono } from "hono";
import type { Metrics } from "../telemetry/metrics.ts";

export function metricsRoute(app: Hono, metrics: Pick<Metrics, "expose">): void {
  app.get("/metrics", async (c) => {
    const { contentType, text } = await metrics.expose();
    return c.body(text, 200, { "content-type": contentType });
  });
}
