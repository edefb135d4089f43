/** `GET /v1/usage`: what the caller's tenant has used. Costs nothing: one who has used everything up may look. */
import { Usage, UsageQuery } from "@sightline/shared/api/usage";
import { check } from "../http/body.ts";
import type { Router } from "../router.ts";
import { usageReport } from "../tenants/usage-report.ts";

export function usage(router: Router): void {
  router.add(
    {
      method: "get",
      path: "/v1/usage",
      operationId: "getUsage",
      summary: "What your tenant has used in a month, by day and kind",
      description:
        "Counts calls that succeeded, within seconds. Days are in UTC. Calls that were let through while Redis was away are not counted.",
      tag: "Service",
      query: UsageQuery,
      answer: Usage,
    },
    async (c) => {
      const { month } = check(UsageQuery, c.req.query());
      const { identity, redis } = c.var;
      return c.json(await usageReport(redis, identity.tenant, identity.plan, month));
    },
  );
}
