/** The worker's app: middleware and routes, in the order in which a request meets them. */
import { ApiError } from "@sightline/shared/errors";
import { LIMITS } from "@sightline/shared/limits";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { notFound, onError } from "./middleware/errors.ts";
import { identity } from "./middleware/identity.ts";
import { methods } from "./middleware/methods.ts";
import { operator } from "./middleware/operator.ts";
import { request } from "./middleware/request.ts";
import { Router } from "./router.ts";
import { adminKeys } from "./routes/admin/keys.ts";
import { adminTenants } from "./routes/admin/tenants.ts";
import { classify } from "./routes/classify.ts";
import { collections } from "./routes/collections.ts";
import { document } from "./routes/document.ts";
import { embeddings } from "./routes/embeddings.ts";
import { health } from "./routes/health.ts";
import { items } from "./routes/items.ts";
import { localSession } from "./routes/local-session.ts";
import { models } from "./routes/models.ts";
import { rank } from "./routes/rank.ts";
import { search } from "./routes/search.ts";

export function createApp(): Router {
  const router = new Router();
  const { app } = router;
  app.onError(onError);
  app.notFound(notFound);

  app.use(request);
  app.use(secureHeaders());
  health(router);
  document(router);
  localSession(router);

  app.use("/v1/*", methods(app));
  app.use("/v1/*", tooLarge);
  app.use("/v1/*", identity);
  embeddings(router);
  classify(router);
  rank(router);
  models(router);
  collections(router);
  items(router);
  search(router);

  app.use("/admin/v1/*", methods(app));
  app.use("/admin/v1/*", tooLarge);
  app.use("/admin/v1/*", operator);
  adminTenants(router);
  adminKeys(router);
  return router;
}

/** Counts the bytes of a body that declares no length. */
const tooLarge = bodyLimit({
  maxSize: LIMITS.bodyBytes,
  onError: () => {
    throw new ApiError("body_too_large");
  },
});
