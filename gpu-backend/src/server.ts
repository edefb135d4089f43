/** The backend's HTTP surface: health for the platform, signed MessagePack calls for the edge, nothing else. */
import { ApiError } from "@sightline/shared/errors";
import { importSigningKey } from "@sightline/shared/internal/token";
import { LIMITS } from "@sightline/shared/limits";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { createEmbedder } from "./embed.ts";
import { createEntailer } from "./entail.ts";
import { embedRoute } from "./http/embed.ts";
import { entailRoute } from "./http/entail.ts";
import { onError } from "./http/errors.ts";
import { healthRoutes } from "./http/health.ts";
import { internalApi } from "./http/internal-call.ts";
import { itemsRoute } from "./http/items.ts";
import { modelsRoute } from "./http/models.ts";
import { snapshotsRoute } from "./http/snapshots.ts";
import { storeRoute } from "./http/store.ts";
import type { Intake } from "./media/intake.ts";
import type { Replica } from "./replica.ts";

export interface ServerParts {
  readonly config: Pick<Config, "BACKEND_SECRET">;
  readonly replica: Replica;
  readonly intake: Intake;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export function createServer({ config, replica, intake, log, now }: ServerParts): Hono {
  const app = new Hono();
  app.onError(onError(log));
  app.notFound((c) => onError(log)(new ApiError("not_found"), c));
  healthRoutes(app, replica);

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
  const api = internalApi(app, importSigningKey(config.BACKEND_SECRET), now);
  const embedder = createEmbedder({ intake, now });
  modelsRoute(api, replica);
  embedRoute(api, replica, embedder);
  entailRoute(api, replica, createEntailer({ intake, now }));
  itemsRoute(api, replica, embedder);
  storeRoute(api, replica);
  snapshotsRoute(api, replica);
  return app;
}
