/** The worker's app: middleware and routes, in the order in which a request meets them. */
import { ApiError } from "@sightline/shared/errors";
import { LIMITS, PLANS } from "@sightline/shared/limits";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import type { App } from "./context.ts";
import { metering } from "./middleware/admission.ts";
import { crossOrigin } from "./middleware/cross-origin.ts";
import { notFound, onError } from "./middleware/errors.ts";
import { httpsOnly } from "./middleware/https-only.ts";
import { identity } from "./middleware/identity.ts";
import { methods } from "./middleware/methods.ts";
import { operator } from "./middleware/operator.ts";
import { request } from "./middleware/request.ts";
import { telemetry } from "./middleware/telemetry.ts";
import { Router } from "./router.ts";
import { adminCollections } from "./routes/admin/collections.ts";
import { adminKeys } from "./routes/admin/keys.ts";
import { adminMetrics } from "./routes/admin/metrics.ts";
import { adminRouting } from "./routes/admin/routing.ts";
import { adminSnapshots } from "./routes/admin/snapshots.ts";
import { adminTenants } from "./routes/admin/tenants.ts";
import { adminUsage } from "./routes/admin/usage.ts";
import { classify } from "./routes/classify.ts";
import { collections } from "./routes/collections.ts";
import { document } from "./routes/document.ts";
import { embeddings } from "./routes/embeddings.ts";
import { entailment } from "./routes/entailment.ts";
import { health } from "./routes/health.ts";
import { items } from "./routes/items.ts";
import { localSession } from "./routes/local-session.ts";
import { models } from "./routes/models.ts";
import { rank } from "./routes/rank.ts";
import { search } from "./routes/search.ts";
import { usage } from "./routes/usage.ts";

export function createApp(): Router {
  const router = new Router();
  const { app } = router;
  app.onError(onError);
  app.notFound(notFound);

  app.use(telemetry);
  app.use(request);
  app.use(secureHeaders());
  health(router);
  document(router);
  localSession(router);

  app.use("/v1/*", crossOrigin);
  app.use("/v1/*", httpsOnly);
  app.use("/v1/*", methods(app));
  app.use("/v1/*", tooLarge);
  app.use("/v1/*", metering);
  app.use("/v1/*", identity);
  app.use("/v1/*", tooLargeForPlan);
  embeddings(router);
  classify(router);
  rank(router);
  entailment(router);
  models(router);
  collections(router);
  items(router);
  search(router);
  usage(router);

  app.use("/admin/v1/*", httpsOnly);
  app.use("/admin/v1/*", methods(app));
  app.use("/admin/v1/*", tooLarge);
  app.use("/admin/v1/*", operator);
  adminTenants(router);
  adminKeys(router);
  adminUsage(router);
  adminRouting(router);
  adminCollections(router);
  adminSnapshots(router);
  adminMetrics(router);
  return router;
}

/** Counts the bytes of a body that declares no length. */
const bodyOfAtMost = (bytes: number) =>
  bodyLimit({
    maxSize: bytes,
    onError: () => {
      throw new ApiError("body_too_large", { message: `The body is larger than ${bytes / 2 ** 20} MB.` });
    },
  });

const tooLarge = bodyOfAtMost(LIMITS.bodyBytes);

const smaller = new Map(
  Object.values(PLANS)
    .filter(({ bodyBytes }) => bodyBytes < LIMITS.bodyBytes)
    .map(({ bodyBytes }) => [bodyBytes, bodyOfAtMost(bodyBytes)] as const),
);

/** Some plans allow less than what is refused before the caller is known. */
const tooLargeForPlan = createMiddleware<App>(async (c, next) => {
  const limit = smaller.get(PLANS[c.var.identity.plan].bodyBytes);
  return limit ? limit(c, next) : next();
});
