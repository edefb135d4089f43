/** `/dev/session`: hands the demo key to the page. Only where the local stack has set one; elsewhere there is no such path. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { ApiError } from "@sightline/shared/errors";
import type { App } from "../context.ts";

export function localSession(app: OpenAPIHono<App>): void {
  app.get("/dev/session", (c) => {
    const key = c.var.services.config.DEMO_API_KEY;
    if (key === undefined) throw new ApiError("not_found");
    c.header("Cache-Control", "no-store");
    return c.json({ api_key: key });
  });
}
