/**
 * `/healthz`: the process runs. `/readyz`: this replica should get traffic, true only while every model that it must
 * serve has answered a warm-up request, the store answers and no shutdown is under way.
 */
import type { Hono } from "hono";
import type { Config } from "../config.ts";
import type { Replica } from "../replica.ts";

type Status = "ok" | "degraded" | "down";

export function healthRoutes(app: Hono, replica: Replica, wanted: Config["MODELS"]): void {
  app.get("/healthz", (c) => c.json({ status: "ok" }));

  app.get("/readyz", async (c) => {
    const { registry, phase } = replica;
    const models = [...(registry?.models.values() ?? [])].map((model) => ({
      id: model.served.id,
      revision: model.served.revision,
      ...model.stats(),
    }));
    const refused = registry?.refused ?? [];
    const store = registry ? await replica.store.health() : { status: "down" as const, detail: "not opened yet" };
    const modelsStatus: Status =
      models.length === 0 || (wanted !== "all" && refused.length > 0) ? "down" : refused.length > 0 ? "degraded" : "ok";
    const parts: Status[] = [modelsStatus, store.status];
    const status: Status =
      phase !== "serving" || parts.includes("down") ? "down" : parts.includes("degraded") ? "degraded" : "ok";
    return c.json(
      {
        status,
        phase,
        components: { models: { status: modelsStatus, loaded: models, refused }, store },
        memory: { rss_bytes: process.memoryUsage.rss() },
      },
      status === "down" ? 503 : 200,
    );
  });
}
