/** `/dev/session`: hands the demo key to the page. Only where the local stack has set one; elsewhere there is no such path. */
import { ApiError } from "@sightline/shared/errors";
import type { Router } from "../router.ts";

export function localSession(router: Router): void {
  router.app.get("/dev/session", (c) => {
    const key = c.var.services.config.DEMO_API_KEY;
    if (key === undefined) throw new ApiError("not_found");
    c.header("Cache-Control", "no-store");
    return c.json({ api_key: key });
  });
}
