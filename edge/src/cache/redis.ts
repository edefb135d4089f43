/** The farthest tier: Redis, shared by all isolates and regions. Bytes lie there as base64, since its REST protocol is JSON. */
import { base64ToBytes, bytesToBase64 } from "@sightline/shared/vectors";
import type { RedisClient } from "../redis.ts";
import { type CacheTier, keptSeconds } from "./tier.ts";

/** @param redis of the request: the look-up shares a round trip with what else it asks in the same turn. */
export function redisTier(redis: RedisClient, tierSeconds: number): CacheTier {
  return {
    name: "redis",
    async getMany(keys) {
      try {
        return (await redis.mget(...keys)).map(bytesOf);
      } catch {
        return keys.map(() => undefined);
      }
    },
    async setMany(entries) {
      await Promise.allSettled(
        entries.map((entry) =>
          redis.set(entry.key, bytesToBase64(entry.value), { ex: keptSeconds(entry, tierSeconds) }),
        ),
      );
    },
  };
}

function bytesOf(value: string | null): Uint8Array | undefined {
  if (value === null) return undefined;
  try {
    return base64ToBytes(value);
  } catch {
    return undefined;
  }
}
