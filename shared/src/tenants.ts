/**
 * Tenants and API keys as they lie in Redis. Written by the operator API and by the local stack's seed; read by identity.
 *
 * A tenant's plan and status lie in one place, not in each of its keys: a change counts for all of them at once.
 */
import { z } from "zod";
import { TenantId } from "./ids.ts";
import { PLANS, type PlanName } from "./limits.ts";

export const SCOPES = ["embed", "classify", "entail", "search", "write", "jobs"] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;

export const Plan = z.enum(Object.keys(PLANS) as [PlanName, ...PlanName[]]);

export const TenantStatus = z.enum(["active", "suspended"]);

export const TenantRecord = z.object({
  id: TenantId,
  name: z.string(),
  plan: Plan,
  status: TenantStatus,
  createdAt: z.string(),
});
export type TenantRecord = z.infer<typeof TenantRecord>;

/** Names a key in listings and logs; not secret. */
export const PublicKeyId = z.string().regex(/^[0-9a-z]{12}$/, "a key id is 12 lower-case letters and digits");
export type PublicKeyId = z.infer<typeof PublicKeyId>;

export const KeyRecord = z.object({
  publicId: PublicKeyId,
  tenant: TenantId,
  name: z.string(),
  scopes: z.array(Scope),
  createdAt: z.string(),
  /** ISO 8601, or null for a key that does not expire. */
  expiresAt: z.string().nullable(),
  /** Under which the key is looked up; see `digestApiKey`. */
  digest: z.string(),
});
export type KeyRecord = z.infer<typeof KeyRecord>;

export const redisKeys = {
  /** Hash: tenant id → TenantRecord. */
  tenants: "sl:tenants",
  /** String: the KeyRecord of a key that may be used. */
  apiKey: (digest: string): string => `sl:key:${digest}`,
  /** Hash: public id → KeyRecord, of one tenant's keys. */
  keysOf: (tenant: TenantId): string => `sl:keys:${tenant}`,
  /** Hash: name → CollectionRecord. */
  collections: (tenant: TenantId): string => `sl:collections:${tenant}`,
  /** Hash: name → Places, of collections that have been migrated or are being so. */
  places: (tenant: TenantId): string => `sl:places:${tenant}`,
  /** String: the call that is writing the item. */
  writing: (tenant: TenantId, collection: string, item: string): string => `sl:writing:${tenant}:${collection}:${item}`,
  /** String: how far the copying into a place of this name has come. */
  copying: (tenant: TenantId, scope: string): string => `sl:copying:${tenant}:${scope}`,
  /** Hash: the token buckets. */
  buckets: (tenant: TenantId): string => `sl:limit:${tenant}`,
  /** Hash: lease of a call → when it ends at the latest. */
  inProgress: (tenant: TenantId): string => `sl:active:${tenant}`,
  /** Hash: what was done in a month, `2026-11`. */
  usage: (tenant: TenantId, month: string): string => `sl:usage:${tenant}:${month}`,
  /** String: a call with an idempotency key, or its answer. */
  idempotency: (tenant: TenantId, digest: string): string => `sl:idem:${tenant}:${digest}`,
  /** Hash: what the edge has counted, of all isolates together. */
  counts: "sl:counts",
  /** String: these counts were added. */
  countsAdded: (id: string): string => `sl:counts:added:${id}`,
  /** String: this call was metered. */
  metered: (tenant: TenantId, lease: string): string => `sl:metered:${tenant}:${lease}`,
} as const;
