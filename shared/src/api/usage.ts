/** What a tenant has used: `GET /v1/usage`, and the operator's view of it. */
import { z } from "zod";
import { COST, WORK_KINDS } from "../limits.ts";
import { Plan } from "../tenants.ts";

export const UsageQuery = z.strictObject({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, "a month looks like 2026-11")
    .optional()
    .meta({ description: "In UTC, `2026-11`; absent: the current one. Kept for 400 days." }),
});

const Count = z.number().int().nonnegative();

const Work = z
  .object(Object.fromEntries(WORK_KINDS.map((kind) => [kind, Count])) as Record<keyof typeof COST, typeof Count>)
  .meta({
    description: `Units of each kind; one costs ${WORK_KINDS.map((kind) => `${COST[kind]} (${kind})`).join(", ")} compute units.`,
  });

export const Usage = z
  .object({
    object: z.literal("usage"),
    tenant: z.string(),
    plan: Plan,
    month: z.string(),
    compute_units: Count,
    quota: z.object({ compute_units: Count, remaining: Count, resets_at: z.string() }),
    days: z.array(z.object({ date: z.string(), requests: Count, compute_units: Count, work: Work })),
  })
  .meta({ id: "Usage" });
export type Usage = z.infer<typeof Usage>;
