/**
 * From an Authorization header to a tenant. The directory is asked at most every 30 s per key and isolate: that bounds
 * how long a revoked key keeps working, and how long a known key works while the directory is away.
 */
import { digestApiKey, parseApiKey } from "@sightline/shared/api-key";
import { ApiError } from "@sightline/shared/errors";
import { KeyRecord, redisKeys } from "@sightline/shared/tenants";
import { LRUCache } from "lru-cache";
import type { KeyValue } from "../redis.ts";

const IDENTITY_TTL_MS = 30_000;

/** Finds a key's record by the digest of the key. */
export interface KeyDirectory {
  /** @throws if the directory cannot be reached. */
  find(digest: string): Promise<KeyRecord | undefined>;
}

export const redisKeyDirectory = (store: KeyValue): KeyDirectory => ({
  async find(digest) {
    const text = await store.get(redisKeys.apiKey(digest));
    return text === null ? undefined : KeyRecord.parse(JSON.parse(text));
  },
});

/** Lives as long as the isolate. Unknown keys are not remembered: a key works as soon as it is created. */
export class Identities {
  readonly #known = new LRUCache<string, { readonly record: KeyRecord; readonly at: number }>({ max: 10_000 });
  readonly #pepper: string;
  readonly #now: () => number;

  constructor(pepper: string, now: () => number = Date.now) {
    this.#pepper = pepper;
    this.#now = now;
  }

  /** @throws ApiError(invalid_api_key), the same for a missing, malformed and unknown key; identity_unavailable. */
  async identify(authorization: string | undefined, directory: KeyDirectory): Promise<KeyRecord> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    const apiKey = token === undefined ? undefined : parseApiKey(token);
    if (!apiKey) throw new ApiError("invalid_api_key");
    const digest = await digestApiKey(this.#pepper, apiKey.key);
    // Not the cache's own TTL: its clock rests on timers, which workerd drops when a request ends.
    const known = this.#known.get(digest);
    if (known && this.#now() - known.at < IDENTITY_TTL_MS) return known.record;
    let record: KeyRecord | undefined;
    try {
      record = await directory.find(digest);
    } catch (cause) {
      throw new ApiError("identity_unavailable", { cause, retryAfterSeconds: 5 });
    }
    if (!record) {
      this.#known.delete(digest);
      throw new ApiError("invalid_api_key");
    }
    this.#known.set(digest, { record, at: this.#now() });
    return record;
  }
}
