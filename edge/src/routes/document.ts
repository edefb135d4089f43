/** `/openapi.json`: the document that is made from the routes' own schemas. */
import { openApiDocument } from "../openapi.ts";
import type { Router } from "../router.ts";

export function document(router: Router): void {
  router.app.get("/openapi.json", (c) => c.json(openApiDocument(router.docs, new URL(c.req.url).origin)));
}
