/** The records that identity needs, as they lie in Redis. Written by the operator API and by the local stack's seed. */
import { z } from "zod";
import { TenantId } from "./ids.ts";
import { PLANS, type PlanName } from "./limits.ts";

export const SCOPES = ["embed", "classify", "search", "write"] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;

export const KeyRecord = z.object({
  publicId: z.string(),
  tenant: TenantId,
  plan: z.enum(Object.keys(PLANS) as [PlanName, ...PlanName[]]),
  scopes: z.array(Scope),
});
export type KeyRecord = z.infer<typeof KeyRecord>;

export const redisKeys = {
  apiKey: (digest: string): string => `sl:key:${digest}`,
  collections: (tenant: TenantId): string => `sl:collections:${tenant}`,
} as const;
