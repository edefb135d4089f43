/** `/admin/v1/tenants/{tenant}/usage`: the operator's view of what a tenant has used. */
import { TenantParams } from "@sightline/shared/api/admin";
import { Usage, UsageQuery } from "@sightline/shared/api/usage";
import { check } from "../../http/body.ts";
import type { Router } from "../../router.ts";
import { usageReport } from "../../tenants/usage-report.ts";
import { asking, directoryOf } from "./access.ts";

export function adminUsage(router: Router): void {
  router.add(
    {
      method: "get",
      path: "/admin/v1/tenants/{tenant}/usage",
      operationId: "getTenantUsage",
      summary: "What a tenant has used in a month, by day and kind",
      tag: "Operator",
      access: "operator",
      params: TenantParams,
      query: UsageQuery,
      answer: Usage,
    },
    async (c) => {
      const { tenant } = check(TenantParams, c.req.param());
      const { month } = check(UsageQuery, c.req.query());
      const { plan } = await asking(() => directoryOf(c).get(tenant));
      return c.json(await usageReport(c.var.redis, tenant, plan, month));
    },
  );
}
