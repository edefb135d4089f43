/** A month of a tenant's usage, read from Redis. */
import type { Usage } from "@sightline/shared/api/usage";
import type { TenantId } from "@sightline/shared/ids";
import { PLANS, type PlanName } from "@sightline/shared/limits";
import { redisKeys } from "@sightline/shared/tenants";
import { orUnavailable } from "../or-unavailable.ts";
import type { RedisClient } from "../redis.ts";
import { daysOf, monthEnd, monthOf } from "./usage.ts";

/** @throws ApiError(store_unavailable) */
export async function usageReport(
  redis: RedisClient,
  tenant: TenantId,
  plan: PlanName,
  month: string = monthOf(Date.now()),
): Promise<Usage> {
  const fields = await orUnavailable(() => redis.hgetall(redisKeys.usage(tenant, month)), {
    message: "The usage cannot be read.",
  });
  const used = Number(fields.total ?? 0);
  const quota = PLANS[plan].computeUnitsPerMonth;
  return {
    object: "usage",
    tenant,
    plan,
    month,
    compute_units: used,
    quota: {
      compute_units: quota,
      remaining: Math.max(0, quota - used),
      resets_at: new Date(monthEnd(Date.parse(`${month}-01T00:00:00Z`))).toISOString(),
    },
    days: daysOf(month, fields).map(({ date, requests, units, work }) => ({
      date,
      requests,
      compute_units: units,
      work,
    })),
  };
}
