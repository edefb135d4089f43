/** The worker's app: middleware and routes, in the order in which a request meets them. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { ApiError } from "@sightline/shared/errors";
import { LIMITS } from "@sightline/shared/limits";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import type { App } from "./context.ts";
import { notFound, onError } from "./middleware/errors.ts";
import { identity } from "./middleware/identity.ts";
import { methods } from "./middleware/methods.ts";
import { request } from "./middleware/request.ts";
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

export function createApp(): OpenAPIHono<App> {
  const app = new OpenAPIHono<App>();
  app.onError(onError);
  app.notFound(notFound);

  app.use(request);
  app.use(secureHeaders());
  health(app);
  document(app);
  localSession(app);

  app.use("/v1/*", methods(app));
  app.use("/v1/*", tooLarge);
  app.use("/v1/*", identity);
  embeddings(app);
  classify(app);
  rank(app);
  models(app);
  collections(app);
  items(app);
  search(app);
  return app;
}

/** Counts the bytes of a body that declares no length. */
const tooLarge = bodyLimit({
  maxSize: LIMITS.bodyBytes,
  onError: () => {
    throw new ApiError("body_too_large");
  },
});
