/** @module 405 with `Allow` (RFC 9110 §15.5.6) for a path that exists with other methods. */

import { ApiError } from "@sightline/shared/errors";
import type { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import type { App } from "../context.ts";

/** Reads the routes when the first request comes, after all of them were declared. */
export const methods = (app: Hono<App>) => {
  let table: readonly { readonly method: string; readonly pattern: RegExp }[] | undefined;
  return createMiddleware<App>(async (c, next) => {
    table ??= app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => ({ method, pattern: new RegExp(`^${path.replace(/:[^/]+/g, "[^/]+")}$`) }));
    const allowed = [...new Set(table.filter(({ pattern }) => pattern.test(c.req.path)).map(({ method }) => method))];
    const method = c.req.method === "HEAD" ? "GET" : c.req.method;
    if (allowed.length > 0 && !allowed.includes(method)) {
      c.header("Allow", allowed.join(", "));
      throw new ApiError("method_not_allowed");
    }
    await next();
  });
};
