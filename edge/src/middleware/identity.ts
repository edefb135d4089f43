/** @module Who is calling, and may they do this? API keys in the way of RFC 6750, scopes per route. */
import { ApiError } from "@sightline/shared/errors";
import type { Scope } from "@sightline/shared/tenants";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { App } from "../context.ts";
import { TenantDirectory } from "../tenants/directory.ts";

export const identity = createMiddleware<App>(async (c, next) => {
  const { services, redis, timing, trace } = c.var;
  const directory = new TenantDirectory(redis);
  const found = services.identities.identify(c.req.header("authorization"), directory);
  c.set("identity", await timing.measure("auth", found));
  trace.callerIsKnown();
  await next();
});

/** @throws ApiError(insufficient_scope) naming the scope. */
export function checkScope(c: Context<App>, scope: Scope): void {
  if (c.var.identity.scopes.includes(scope)) return;
  throw new ApiError("insufficient_scope", { message: `The API key lacks the scope "${scope}".` });
}

export const requireScope = (scope: Scope) =>
  createMiddleware<App>(async (c, next) => {
    checkScope(c, scope);
    await next();
  });
