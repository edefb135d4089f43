/** Routes and their documentation, declared together: what is not documented cannot be mounted. */
import { type Handler, Hono, type MiddlewareHandler } from "hono";
import type { App } from "./context.ts";
import { idempotency } from "./middleware/idempotency.ts";
import type { RouteDoc } from "./openapi.ts";

export class Router {
  readonly app = new Hono<App>();
  readonly docs: RouteDoc[] = [];

  add(doc: RouteDoc, ...handlers: readonly [...MiddlewareHandler<App>[], Handler<App>]): void {
    this.docs.push(doc);
    const path = doc.path.replaceAll(/\{(\w+)\}/g, ":$1");
    const [handler, ...middleware] = handlers.toReversed() as [Handler<App>, ...MiddlewareHandler<App>[]];
    const all = [...middleware.toReversed(), ...(doc.idempotent ? [idempotency] : []), handler];
    this.app.on(doc.method.toUpperCase(), [path], ...all);
  }
}
