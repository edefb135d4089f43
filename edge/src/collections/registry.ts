/**
 * Which collections a tenant has, and with which model revision their vectors were made: one Redis hash per tenant.
 * Records seen by this isolate are kept, for reading only, so that searches go on while Redis is away.
 */
import { ApiError } from "@sightline/shared/errors";
import { CollectionName, ModelId, Revision, type TenantId } from "@sightline/shared/ids";
import type { VectorSpace } from "@sightline/shared/store/port";
import { redisKeys } from "@sightline/shared/tenants";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { RedisClient } from "../redis.ts";

export const CollectionRecord = z.object({
  /** Under which the items lie: a collection that is deleted and made again never meets its old items. */
  id: CollectionName,
  name: CollectionName,
  model: ModelId,
  revision: Revision,
  dims: z.number().int().positive(),
  description: z.string(),
  pictures: z.boolean().default(true),
  createdAt: z.string(),
});
export type CollectionRecord = z.infer<typeof CollectionRecord>;

export const newCollectionId = (): CollectionName =>
  CollectionName.parse(`c${crypto.randomUUID().replaceAll("-", "")}`);

export const spaceOf = (c: CollectionRecord): VectorSpace => ({ id: c.model, revision: c.revision, dims: c.dims });

/** Lives as long as the isolate. */
export class CollectionCache extends LRUCache<string, CollectionRecord> {
  constructor() {
    super({ max: 10_000 });
  }
}

const UNREACHABLE = {
  message: "The directory of collections cannot be reached; nothing was changed.",
  retryAfterSeconds: 5,
};

export class CollectionRegistry {
  readonly #redis: RedisClient;
  readonly #cache: CollectionCache;
  readonly #tenant: TenantId;

  constructor(redis: RedisClient, cache: CollectionCache, tenant: TenantId) {
    this.#redis = redis;
    this.#cache = cache;
    this.#tenant = tenant;
  }

  /**
   * For reading: while Redis is away, the record that this isolate saw last.
   * @throws ApiError(collection_not_found), the same for another tenant's collection as for none at all.
   */
  async get(name: CollectionName): Promise<CollectionRecord> {
    try {
      return await this.getForWrite(name);
    } catch (error) {
      const known = this.#cache.get(this.#cacheKey(name));
      if (known && error instanceof ApiError && error.code === "store_unavailable") return known;
      throw error;
    }
  }

  /** As it is now. @throws ApiError(collection_not_found | store_unavailable) */
  async getForWrite(name: CollectionName): Promise<CollectionRecord> {
    const record = await this.find(name);
    if (!record) throw new ApiError("collection_not_found", { message: `There is no collection "${name}".` });
    return record;
  }

  /** As it is now. @throws ApiError(store_unavailable) */
  async find(name: CollectionName): Promise<CollectionRecord | undefined> {
    const text = await this.#ask(() => this.#redis.hget<string>(redisKeys.collections(this.#tenant), name));
    if (text === null) {
      this.#cache.delete(this.#cacheKey(name));
      return undefined;
    }
    const record = CollectionRecord.parse(JSON.parse(text));
    this.#cache.set(this.#cacheKey(name), record);
    return record;
  }

  /** Sorted by name. */
  async list(): Promise<CollectionRecord[]> {
    const records: unknown[] = await this.#ask(() => this.#redis.hvals(redisKeys.collections(this.#tenant)));
    return records
      .map((text) => CollectionRecord.parse(JSON.parse(String(text))))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @returns false if another request has created a collection of this name in the meantime. */
  async create(record: CollectionRecord): Promise<boolean> {
    const key = redisKeys.collections(this.#tenant);
    return (await this.#ask(() => this.#redis.hsetnx(key, record.name, JSON.stringify(record)))) === 1;
  }

  async replace(record: CollectionRecord): Promise<void> {
    await this.#ask(() =>
      this.#redis.hset(redisKeys.collections(this.#tenant), { [record.name]: JSON.stringify(record) }),
    );
  }

  async delete(name: CollectionName): Promise<void> {
    await this.#ask(() => this.#redis.hdel(redisKeys.collections(this.#tenant), name));
    this.#cache.delete(this.#cacheKey(name));
  }

  #cacheKey(name: CollectionName): string {
    return `${this.#tenant}/${name}`;
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (cause) {
      throw new ApiError("store_unavailable", { ...UNREACHABLE, cause });
    }
  }
}
