/** `/dev/session`: hands the demo key to the page. Only where the local stack has set one; elsewhere there is no such path. */
import { ApiError } from "@sightline/shared/errors";
import type { Router } from "../router.ts";

/** By address or by the one name that cannot be pointed elsewhere: a rebound name of a stranger's is not among them. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

export function localSession(router: Router): void {
  router.app.get("/dev/session", (c) => {
    const key = c.var.services.config.DEMO_API_KEY;
    const site = c.req.header("sec-fetch-site") ?? "none";
    const isLocal = LOOPBACK.test(c.req.header("host") ?? new URL(c.req.url).host);
    if (key === undefined || !isLocal || site === "cross-site") throw new ApiError("not_found");
    c.header("Cache-Control", "no-store");
    return c.json({ api_key: key });
  });
}
