/**
 * `/healthz`: the process runs. `/readyz`: should this replica get traffic, and what does it serve, with which provider (and
 * why not with those before it), how long are the queues and the waits; docs/telemetry.md shows an answer.
 */
import type { Hono } from "hono";
import { readinessOf } from "../readiness.ts";
import type { Replica } from "../replica.ts";
import type { ReadGpuMemory } from "../telemetry/gpu-memory.ts";

export function healthRoutes(app: Hono, replica: Replica, gpuMemory: ReadGpuMemory): void {
  app.get("/healthz", (c) => c.json({ status: "ok" }));

  app.get("/readyz", async (c) => {
    const [{ status, phase, models, store }, gpus] = await Promise.all([readinessOf(replica), gpuMemory()]);
    const loaded = models.loaded.map(({ graphs, ...model }) => ({ ...model, ...graphs }));
    return c.json(
      {
        status,
        phase,
        components: { models: { ...models, loaded }, store },
        memory: {
          rss_bytes: process.memoryUsage.rss(),
          gpus: gpus.map(({ device, usedBytes, totalBytes }) => ({
            device,
            used_bytes: usedBytes,
            total_bytes: totalBytes,
          })),
        },
      },
      status === "down" ? 503 : 200,
    );
  });
}
