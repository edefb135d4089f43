/** Gives the local stack its one tenant and key, as the operator API would. */
import { digestApiKey, parseApiKey } from "@sightline/shared/api-key";
import { TenantId } from "@sightline/shared/ids";
import { type KeyRecord, redisKeys, SCOPES } from "@sightline/shared/tenants";
import { Redis } from "@upstash/redis";
import type { Secrets } from "./settings.ts";

export async function seedTenant(redisUrl: string, secrets: Secrets): Promise<void> {
  const key = parseApiKey(secrets.apiKey);
  if (!key) throw new Error("the API key in secrets.json is damaged: delete the file to make a new one");
  const record: KeyRecord = {
    publicId: key.publicId,
    tenant: TenantId.parse("demo"),
    plan: "unlimited",
    scopes: [...SCOPES],
  };
  const redis = new Redis({ url: redisUrl, token: secrets.redisToken, enableTelemetry: false });
  await redis.set(redisKeys.apiKey(await digestApiKey(secrets.keyPepper, key.key)), JSON.stringify(record));
}
