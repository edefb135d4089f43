/** Requests and answers of the operator API, `/admin/v1`. */
import { z } from "zod";
import { TenantId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { Plan, PublicKeyId, SCOPES, Scope, TenantStatus } from "../tenants.ts";

const Name = z.string().max(200);
const When = z.iso.datetime({ offset: true });

export const TenantParams = z.strictObject({ tenant: TenantId });
export const KeyParams = z.strictObject({ tenant: TenantId, key: PublicKeyId });

export const CreateTenantRequest = z
  .strictObject({
    id: TenantId.meta({ description: "Chosen once; 1 to 63 lower-case letters, digits, `_` and `-`." }),
    name: Name.optional().meta({ description: "For people." }),
    plan: Plan,
  })
  .meta({ id: "CreateTenantRequest" });

export const UpdateTenantRequest = z
  .strictObject({ name: Name.optional(), plan: Plan.optional(), status: TenantStatus.optional() })
  .meta({ id: "UpdateTenantRequest" });

export const Tenant = z
  .object({ id: z.string(), name: z.string(), plan: Plan, status: TenantStatus, created_at: z.string() })
  .meta({ id: "Tenant" });
export type Tenant = z.infer<typeof Tenant>;

export const ListTenantsQuery = z.strictObject({
  cursor: z.string().optional().meta({ description: "`next_cursor` of the page before." }),
  limit: z.coerce.number().int().min(1).max(LIMITS.pageSize).default(LIMITS.pageSize),
});

export const TenantList = z
  .object({ object: z.literal("list"), data: z.array(Tenant), next_cursor: z.string().nullable() })
  .meta({ id: "TenantList" });

const Expiry = When.nullable().optional().meta({
  description: "When the key stops working, RFC 3339; null or absent: never.",
});

export const CreateKeyRequest = z
  .strictObject({
    name: Name.optional(),
    scopes: z.array(Scope).min(1).max(SCOPES.length).optional().meta({ description: "Absent: all of them." }),
    expires_at: Expiry,
  })
  .meta({ id: "CreateKeyRequest" });

export const UpdateKeyRequest = z
  .strictObject({ name: Name.optional(), expires_at: Expiry })
  .meta({ id: "UpdateKeyRequest" });

export const RotateKeyRequest = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(86_400)
      .meta({ description: "How long the old key goes on working; 86 400 unless said." }),
  })
  .meta({ id: "RotateKeyRequest" });

export const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(Scope),
    created_at: z.string(),
    expires_at: z.string().nullable(),
  })
  .meta({ id: "ApiKey" });
export type ApiKey = z.infer<typeof ApiKey>;

export const NewApiKey = z
  .object({ ...ApiKey.shape, key: z.string().meta({ description: "Shown this once; only a digest of it is stored." }) })
  .meta({ id: "NewApiKey" });

export const ApiKeyList = z.object({ object: z.literal("list"), data: z.array(ApiKey) }).meta({ id: "ApiKeyList" });
