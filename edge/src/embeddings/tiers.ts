/** The cache tiers in front of inference, nearest first: the isolate's memory, then Redis. A tier never throws. */
import { LRUCache } from "lru-cache";
import type { RedisClient } from "../redis.ts";
import { decodeEntry, type Embedded, encodeEntry } from "./entry.ts";

export interface CacheTier {
  /** @returns one entry per key, undefined where the tier has none. */
  getMany(keys: readonly string[], dims: number): Promise<(Embedded | undefined)[]>;
  setMany(entries: readonly (readonly [key: string, entry: Embedded])[]): Promise<void>;
}

/** Bytes that an entry takes beside its vector: key, object headers, LRU links. An estimate, on the high side. */
const OVERHEAD_BYTES = 512;

/** Least recently used entries leave when the tier holds more than `maxBytes`. */
export function memoryTier(maxBytes: number): CacheTier {
  const cache = new LRUCache<string, Embedded>({
    maxSize: maxBytes,
    sizeCalculation: (entry) => entry.bytes.byteLength + OVERHEAD_BYTES,
  });
  return {
    getMany: async (keys) => keys.map((key) => cache.get(key)),
    setMany: async (entries) => {
      for (const [key, entry] of entries) cache.set(key, entry);
    },
  };
}

/** Shared by all isolates and regions. Without Redis it answers «not here» and forgets what it is told. */
export function redisTier(redis: RedisClient, ttlSeconds: number): CacheTier {
  return {
    async getMany(keys, dims) {
      try {
        const values = await redis.mget<(string | null)[]>(...keys);
        return values.map((value) => (typeof value === "string" ? decodeEntry(value, dims) : undefined));
      } catch {
        return keys.map(() => undefined);
      }
    },
    async setMany(entries) {
      await Promise.allSettled(entries.map(([key, entry]) => redis.set(key, encodeEntry(entry), { ex: ttlSeconds })));
    },
  };
}
