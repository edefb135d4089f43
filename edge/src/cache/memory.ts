/** The nearest tier: this isolate's memory. Least recently used entries leave when it is full; time does not matter. */
import { LRUCache } from "lru-cache";
import type { CacheTier } from "./tier.ts";

/** Bytes that an entry takes beside its value: key, object headers, LRU links. An estimate, on the high side. */
const OVERHEAD_BYTES = 512;

export function memoryTier(maxBytes: number): CacheTier {
  const cache = new LRUCache<string, Uint8Array>({
    maxSize: maxBytes,
    sizeCalculation: (value) => value.byteLength + OVERHEAD_BYTES,
  });
  return {
    name: "memory",
    getMany: async (keys) => keys.map((key) => cache.get(key)),
    // Set before the promise is made: a request that looks in the same turn finds it.
    setMany: async (entries) => {
      for (const { key, value } of entries) cache.set(key, value);
    },
  };
}
