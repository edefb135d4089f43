/**
 * `/healthz`: the process runs. `/readyz`: should this replica get traffic? Yes while it serves at least one model, of each
 * one that it was told by name to serve at least one revision, the store answers and no shutdown is under way. Models that
 * were refused beside those are listed, and make it `degraded`, which is ready.
 */
import type { Hono } from "hono";
import type { Replica } from "../replica.ts";

type Status = "ok" | "degraded" | "down";

export function healthRoutes(app: Hono, replica: Replica): void {
  app.get("/healthz", (c) => c.json({ status: "ok" }));

  app.get("/readyz", async (c) => {
    const { registry, phase } = replica;
    const loaded = registry?.report() ?? [];
    const { refused = [], missing = [] } = registry ?? {};
    const store = registry ? await replica.store.health() : { status: "down" as const, detail: "not opened yet" };
    const models: Status = loaded.length === 0 || missing.length > 0 ? "down" : refused.length > 0 ? "degraded" : "ok";
    const parts: Status[] = [models, store.status];
    const status: Status =
      phase !== "serving" || parts.includes("down") ? "down" : parts.includes("degraded") ? "degraded" : "ok";
    return c.json(
      {
        status,
        phase,
        components: { models: { status: models, loaded, missing, refused }, store },
        memory: { rss_bytes: process.memoryUsage.rss() },
      },
      status === "down" ? 503 : 200,
    );
  });
}
