/**
 * The middle tier: the Cache API, shared by all isolates of one data centre and by no other. On Cloudflare it has no
 * effect where a worker is not reached through a domain of its own; there it answers «not here», as it does when it fails.
 */
import { type CacheEntry, type CacheTier, keptSeconds } from "./tier.ts";

/**
 * A call of more keys passes this tier by. The platform allows a request 50 calls to caches and services on its smallest
 * plan: 16 look-ups and 16 writes leave 18 for Redis and the backend. And it opens six connections at a time, so that
 * hundreds of look-ups take longer than the one MGET that has to be made for the rest of them anyway.
 *
 * Source: Cloudflare Workers, «Limits»: Cache API calls, subrequests, simultaneous connections.
 */
export const COLO_KEYS_PER_CALL = 16;

/** A namespace of its own: what lies in `caches.default` could be fetched under its address. */
const NAMESPACE = "sightline";

/**
 * @param origin of the request. Addresses have to be of a host of the worker's own; others cost the platform a DNS look-up.
 * @param storage is `caches` but in tests.
 */
export function coloTier(origin: string, tierSeconds: number, storage: Pick<CacheStorage, "open"> = caches): CacheTier {
  const addressOf = (key: string): string => `${origin}/.cache/${encodeURIComponent(key)}`;

  async function find(key: string): Promise<Uint8Array | undefined> {
    const found = await (await storage.open(NAMESPACE)).match(addressOf(key));
    return found && new Uint8Array(await found.arrayBuffer());
  }

  async function put(entry: CacheEntry): Promise<void> {
    const headers = { "Cache-Control": `max-age=${keptSeconds(entry, tierSeconds)}` };
    await (await storage.open(NAMESPACE)).put(addressOf(entry.key), new Response(entry.value, { headers }));
  }

  return {
    name: "colo",
    getMany: (keys) =>
      Promise.all(keys.map((key) => (keys.length > COLO_KEYS_PER_CALL ? undefined : find(key).catch(() => undefined)))),
    async setMany(entries) {
      if (entries.length <= COLO_KEYS_PER_CALL) await Promise.allSettled(entries.map(put));
    },
  };
}
