/** `/openapi.json`: the document that is made from the routes' own schemas. */
import { openApiDocument } from "../openapi.ts";
import type { Router } from "../router.ts";

export function document(router: Router): void {
  // Making it takes some 30 ms, and nothing in it changes but the origin, of which a worker has one or a few.
  let made: { readonly origin: string; readonly json: string } | undefined;
  router.app.get("/openapi.json", (c) => {
    const { origin } = new URL(c.req.url);
    if (made?.origin !== origin) made = { origin, json: JSON.stringify(openApiDocument(router.docs, origin)) };
    return c.body(made.json, 200, { "Content-Type": "application/json", "Cache-Control": "public, max-age=300" });
  });
}
