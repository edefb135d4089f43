/** Routes and their documentation, declared together: what is not documented cannot be mounted. */
import { type Handler, Hono, type MiddlewareHandler } from "hono";
import type { App } from "./context.ts";
import type { RouteDoc } from "./openapi.ts";

export class Router {
  readonly app = new Hono<App>();
  readonly docs: RouteDoc[] = [];

  add(doc: RouteDoc, ...handlers: readonly [...MiddlewareHandler<App>[], Handler<App>]): void {
    this.docs.push(doc);
    this.app.on(doc.method.toUpperCase(), [doc.path.replaceAll(/\{(\w+)\}/g, ":$1")], ...handlers);
  }
}
