/** How a route is declared: once, with its schemas; the OpenAPI document is made from the same declaration. */
import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import { ErrorEnvelope } from "@sightline/shared/errors";
import type { Handler, MiddlewareHandler } from "hono";
import type { z } from "zod";
import type { App } from "./context.ts";

interface Declaration {
  readonly method: "get" | "post" | "put" | "delete";
  readonly path: `/${string}`;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Other forms of the body, documented only: `http/body.ts` reads them. */
  readonly bodyTypes?: Readonly<Record<string, z.ZodType>>;
  readonly answer?: z.ZodType;
  readonly answerTypes?: Readonly<Record<string, z.ZodType>>;
  readonly public?: true;
}

const error = (description: string) => ({
  description,
  content: { "application/json": { schema: ErrorEnvelope } },
});

/** Adds the route to the app and to its document. Validation is the handler's, through `http/body.ts`. */
export function declare(
  app: OpenAPIHono<App>,
  d: Declaration,
  ...handlers: readonly [...MiddlewareHandler<App>[], Handler<App>]
): void {
  const content = (main: z.ZodType | undefined, others: Declaration["bodyTypes"]) => ({
    ...(main && { "application/json": { schema: main } }),
    ...Object.fromEntries(Object.entries(others ?? {}).map(([type, schema]) => [type, { schema }])),
  });
  const route: RouteConfig = {
    method: d.method,
    path: d.path,
    operationId: d.operationId,
    summary: d.summary,
    tags: [d.tag],
    ...(d.description && { description: d.description }),
    ...(!d.public && { security: [{ apiKey: [] }] }),
    request: {
      ...(d.params && { params: d.params }),
      ...(d.query && { query: d.query }),
      ...(d.body && { body: { required: true, content: content(d.body, d.bodyTypes) } }),
    },
    responses: {
      200: { description: "OK", content: content(d.answer, d.answerTypes) },
      ...(!d.public && {
        400: error("The request is not valid; `param` names the field"),
        401: error("The API key is missing or not valid"),
        403: error("The API key lacks a scope"),
        ...(d.params && { 404: error("No such resource") }),
        429: error("The rate limit is used up; see `Retry-After`"),
        503: error("Temporarily unavailable; see `Retry-After`"),
      }),
    },
  };
  app.openAPIRegistry.registerPath(route);
  app.on(d.method.toUpperCase(), [d.path.replaceAll(/\{(\w+)\}/g, ":$1")], ...handlers);
}
