/** Gives the local stack its one tenant and key, as the operator API would. */
import { digestApiKey, parseApiKey } from "@sightline/shared/api-key";
import { TenantId } from "@sightline/shared/ids";
import { type KeyRecord, redisKeys, SCOPES, type TenantRecord } from "@sightline/shared/tenants";
import { Redis } from "@upstash/redis";
import type { Secrets } from "./settings.ts";

export async function seedTenant(redisUrl: string, secrets: Secrets): Promise<void> {
  const key = parseApiKey(secrets.apiKey);
  if (!key) throw new Error("the API key in secrets.json is damaged: delete the file to make a new one");
  const createdAt = new Date().toISOString();
  const tenant: TenantRecord = {
    id: TenantId.parse("demo"),
    name: "The local stack's own",
    plan: "unlimited",
    status: "active",
    createdAt,
  };
  const record: KeyRecord = {
    publicId: key.publicId,
    tenant: tenant.id,
    name: "demo",
    scopes: [...SCOPES],
    createdAt,
    expiresAt: null,
    digest: await digestApiKey(secrets.keyPepper, key.key),
  };
  const redis = new Redis({ url: redisUrl, token: secrets.redisToken, enableTelemetry: false });
  // A plan that somebody gave it through the operator API stays.
  await redis.hsetnx(redisKeys.tenants, tenant.id, JSON.stringify(tenant));
  await redis.hset(redisKeys.keysOf(tenant.id), { [record.publicId]: JSON.stringify(record) });
  await redis.set(redisKeys.apiKey(record.digest), JSON.stringify(record));
}
