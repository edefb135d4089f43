/** @module The operator's token, compared in constant time: digests of equal length instead of the tokens themselves. */
import { sha256 } from "@sightline/shared/digest";
import { ApiError } from "@sightline/shared/errors";
import { createMiddleware } from "hono/factory";
import type { App } from "../context.ts";
import { bearerToken } from "../tenants/identity.ts";

const digest = (text: string): Promise<Uint8Array> => sha256(new TextEncoder().encode(text));

/** Where no ADMIN_TOKEN is configured, no token is right. */
export const operator = createMiddleware<App>(async (c, next) => {
  const { ADMIN_TOKEN } = c.var.services.config;
  const given = await digest(bearerToken(c.req.header("authorization")) ?? "");
  const wanted = await digest(ADMIN_TOKEN ?? "");
  if (!crypto.subtle.timingSafeEqual(given, wanted) || ADMIN_TOKEN === undefined)
    throw new ApiError("invalid_admin_token");
  c.var.trace.callerIsKnown();
  await next();
});
