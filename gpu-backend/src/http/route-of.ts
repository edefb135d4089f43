/** The route that answers a request, as its pattern: never the path that was asked for. */
import type { Context } from "hono";
import { matchedRoutes } from "hono/route";

/** Middleware is registered for all methods, a route's handler for one. @returns `none` where no route answers. */
export const routeOf = (c: Context): string => matchedRoutes(c).find(({ method }) => method !== "ALL")?.path ?? "none";
