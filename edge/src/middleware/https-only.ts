/** @module A deployment takes no key over plain HTTP: whoever sends one by mistake learns it at the first call, not from a thief. */
import { ApiError } from "@sightline/shared/errors";
import { createMiddleware } from "hono/factory";
import type { App } from "../context.ts";

/** Not for the local stack, which has no certificate. The scheme is the caller's: Cloudflare passes it on in the URL. */
export const httpsOnly = createMiddleware<App>(async (c, next) => {
  const { ENVIRONMENT } = c.var.services.config;
  if (ENVIRONMENT === "production" && new URL(c.req.url).protocol === "http:") throw new ApiError("https_required");
  await next();
});
