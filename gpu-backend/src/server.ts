/** The backend's HTTP surface: health and metrics for the platform, signed MessagePack calls for the edge, nothing else. */
import { ApiError } from "@sightline/shared/errors";
import { importSigningKey } from "@sightline/shared/internal/token";
import { LIMITS } from "@sightline/shared/limits";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { createEmbedder } from "./embed.ts";
import { createEntailer } from "./entail.ts";
import { accessLog } from "./http/access-log.ts";
import { embedRoute } from "./http/embed.ts";
import { entailRoute } from "./http/entail.ts";
import { onError } from "./http/errors.ts";
import { healthRoutes } from "./http/health.ts";
import { internalApi } from "./http/internal-call.ts";
import { itemsRoute } from "./http/items.ts";
import { metricsRoute } from "./http/metrics.ts";
import { modelsRoute } from "./http/models.ts";
import { signature } from "./http/signature.ts";
import { snapshotsRoute } from "./http/snapshots.ts";
import { storeRoute } from "./http/store.ts";
import type { Intake } from "./media/intake.ts";
import type { Observer } from "./observer.ts";
import type { Replica } from "./replica.ts";
import type { ReadGpuMemory } from "./telemetry/gpu-memory.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface ServerParts {
  readonly config: Pick<Config, "BACKEND_SECRET">;
  readonly replica: Replica;
  readonly intake: Intake;
  readonly observer: Pick<Observer, "call" | "input">;
  readonly metrics: Metrics;
  readonly gpuMemory: ReadGpuMemory;
  /** Sees every signed call. */
  readonly tracing?: MiddlewareHandler | undefined;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export function createServer(parts: ServerParts): Hono {
  const { config, replica, intake, observer, metrics, gpuMemory, tracing, log, now } = parts;
  const app = new Hono();
  app.use(metrics.middleware);
  app.use(accessLog(log, now));
  // Whoever keeps a connection to a replica that is about to end shall look for another.
  app.use(async (c, next) => {
    await next();
    if (replica.phase === "draining") c.header("connection", "close");
  });
  app.onError(onError);
  app.notFound((c) => onError(new ApiError("not_found"), c));
  healthRoutes(app, replica, gpuMemory);
  metricsRoute(app, metrics);

  app.use("/internal/*", signature(importSigningKey(config.BACKEND_SECRET)));
  // Behind the signature: whether spans are recorded is the caller's word.
  if (tracing) app.use("/internal/*", tracing);
  // Behind it, too: a body that declares no length is read here.
  app.use(
    "/internal/*",
    bodyLimit({
      // Images travel as bytes, smaller than their base64; but a number in metadata may take more room than its digits.
      maxSize: 2 * LIMITS.bodyBytes,
      onError: () => {
        throw new ApiError("body_too_large");
      },
    }),
  );
  const api = internalApi(app, observer, now);
  const embedder = createEmbedder({ intake, observer, now });
  modelsRoute(api, replica);
  embedRoute(api, replica, embedder);
  entailRoute(api, replica, createEntailer({ intake, observer, now }));
  itemsRoute(api, replica, embedder);
  storeRoute(api, replica);
  snapshotsRoute(api, replica);
  return app;
}
