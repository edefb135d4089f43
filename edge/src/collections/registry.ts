/**
 * Which collections a tenant has, and where their points lie: two Redis hashes per tenant. What was seen by this isolate is
 * kept, for reading only, so that searches go on while Redis is away.
 */
import { ApiError } from "@sightline/shared/errors";
import { CollectionName, ModelId, Revision, type TenantId } from "@sightline/shared/ids";
import { LIMITS } from "@sightline/shared/limits";
import type { VectorSpace } from "@sightline/shared/store/port";
import { redisKeys } from "@sightline/shared/tenants";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { orUnavailable } from "../or-unavailable.ts";
import type { RedisClient } from "../redis.ts";
import { Script } from "../redis-script.ts";
import { type Mirror, newScope, type Placement, Places } from "./placement.ts";

/**
 * KEYS: collections, tenants · ARGV: 1 name · 2 its record · 3 how many there may be · 4 the tenant. Together, so that no two calls make
 * the last one, and none makes one for a tenant that an isolate still knows though it was deleted: it would be the next one's of that id.
 */
const CREATE = new Script(`
if redis.call('HEXISTS', KEYS[2], ARGV[4]) == 0 then return 'nobody' end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'exists' end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 'created'
`);
const Creation = z.enum(["created", "exists", "full", "nobody"]);

/**
 * KEYS: collections, places · ARGV: 1 name · 2 what only the record of this very collection holds · 3 its new record; none to
 * delete it. Returns whether it was there.
 */
const CHANGE = new Script(`
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record or not string.find(record, ARGV[2], 1, true) then return 0 end
if ARGV[3] then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
else
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
end
return 1
`);

/**
 * KEYS: collections, places · ARGV: 1 name · 2 what only the record of this very collection holds · 3 its places as they were read;
 * empty for none · 4 its new places. Returns whether they still were that.
 */
const PLACE = new Script(`
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record or not string.find(record, ARGV[2], 1, true) then return 0 end
if (redis.call('HGET', KEYS[2], ARGV[1]) or '') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
return 1
`);

/** The first place of a collection is said by its record. */
const StoredCollection = z.object({
  /** Under which its pictures lie, and its points in their first place: one that is made again never meets old items. */
  id: CollectionName,
  name: CollectionName,
  model: ModelId,
  revision: Revision,
  dims: z.number().int().positive(),
  description: z.string(),
  pictures: z.boolean().default(true),
  createdAt: z.string(),
});
type StoredCollection = z.infer<typeof StoredCollection>;

/** A collection as it is now: where it is searched, and where else it is written to. */
export interface CollectionRecord extends StoredCollection, Placement {
  readonly mirror?: Mirror | undefined;
  readonly left: readonly Placement[];
  /** Its places as Redis had them: a change of them is a change of these. */
  readonly placesText: string | null;
}

/** One that has nothing yet. */
export const newCollection = (parts: Omit<StoredCollection, "id">): CollectionRecord =>
  located({ ...parts, id: newScope() }, null);

export const spaceOf = ({ model, revision, dims }: Placement): VectorSpace => ({ id: model, revision, dims });

export const placementOf = ({ model, revision, dims, scope }: CollectionRecord): Placement => ({
  model,
  revision,
  dims,
  scope,
});

function located(stored: StoredCollection, placesText: string | null): CollectionRecord {
  const places = placesText === null ? undefined : Places.parse(JSON.parse(placesText));
  if (places?.collection !== stored.id) return { ...stored, scope: stored.id, left: [], placesText };
  return { ...stored, ...places.current, mirror: places.mirror, left: places.left, placesText };
}

/** Lives as long as the isolate. */
export class CollectionCache extends LRUCache<string, CollectionRecord> {
  constructor() {
    super({ max: 10_000 });
  }
}

const asking = <T>(command: () => Promise<T>): Promise<T> =>
  orUnavailable(command, { message: "The directory of collections cannot be reached; nothing was changed." });

export class CollectionRegistry {
  readonly #redis: RedisClient;
  readonly #cache: CollectionCache;
  readonly #tenant: TenantId;
  /** Its records, and their places. */
  readonly #keys: readonly [string, string];

  constructor(redis: RedisClient, cache: CollectionCache, tenant: TenantId) {
    this.#redis = redis;
    this.#cache = cache;
    this.#tenant = tenant;
    this.#keys = [redisKeys.collections(tenant), redisKeys.places(tenant)];
  }

  /**
   * For reading: perhaps as it was a moment ago; while Redis is away, the record that this isolate saw last.
   * @throws ApiError(collection_not_found), the same for another tenant's collection as for none at all.
   */
  async get(name: CollectionName): Promise<CollectionRecord> {
    try {
      return (await this.#glimpse(name)) ?? (await this.getForWrite(name));
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
    return this.#remembered(name, await asking(() => this.#redis.latest(this.#keys, name)));
  }

  /** As a replica knows it: cheaper, and perhaps not yet. @throws ApiError(store_unavailable) */
  async #glimpse(name: CollectionName): Promise<CollectionRecord | undefined> {
    return this.#remembered(
      name,
      await asking(() => Promise.all(this.#keys.map((key) => this.#redis.hget(key, name)))),
    );
  }

  #remembered(
    name: CollectionName,
    [text = null, places = null]: readonly (string | null)[],
  ): CollectionRecord | undefined {
    if (text === null) {
      this.#cache.delete(this.#cacheKey(name));
      return undefined;
    }
    const record = located(StoredCollection.parse(JSON.parse(text)), places);
    this.#cache.set(this.#cacheKey(name), record);
    return record;
  }

  /** Sorted by name; perhaps as they were a moment ago. */
  async list(): Promise<CollectionRecord[]> {
    const [records = [], places = []] = await asking(() =>
      Promise.all(this.#keys.map((key) => this.#redis.hvals(key))),
    );
    const placed = new Map(places.map((text) => [Places.parse(JSON.parse(text)).collection, text]));
    return records
      .map((text) => StoredCollection.parse(JSON.parse(text)))
      .map((stored) => located(stored, placed.get(stored.id) ?? null))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * @returns false if another request has created a collection of this name in the meantime.
   * @throws ApiError: too_many_collections; invalid_api_key if the tenant was deleted.
   */
  async create(record: CollectionRecord): Promise<boolean> {
    const keys = [redisKeys.collections(this.#tenant), redisKeys.tenants];
    const call = [record.name, stored(record), LIMITS.collectionsPerTenant, this.#tenant];
    const creation = await asking(async () => Creation.parse(await this.#redis.evaluate(CREATE, keys, call)));
    if (creation === "nobody") throw new ApiError("invalid_api_key");
    if (creation === "full") throw new ApiError("too_many_collections");
    return creation === "created";
  }

  /**
   * What is not its places.
   * @returns false if there is no longer this collection, or another one of its name.
   */
  replace(record: CollectionRecord): Promise<boolean> {
    return this.#change(record, stored(record));
  }

  /**
   * Every write that begins from now on goes where this says, and every search.
   * @returns the collection there. @throws ApiError(migration_conflict) if another call has changed its places since it was read.
   */
  async place(record: CollectionRecord, places: Omit<Places, "collection">): Promise<CollectionRecord> {
    const { id, name, placesText } = record;
    const text = JSON.stringify({ collection: id, ...places } satisfies Places);
    const isPlaced = await asking(() =>
      this.#redis.did(PLACE, this.#keys, [name, holding(id), placesText ?? "", text]),
    );
    if (isPlaced) return located(record, text);
    const message = "Another call has moved or deleted the collection meanwhile; this one has changed nothing.";
    throw new ApiError("migration_conflict", { message });
  }

  /** This very collection: another one that was made under its name since then stays. */
  async delete(record: CollectionRecord): Promise<void> {
    await this.#change(record);
    this.#cache.delete(this.#cacheKey(record.name));
  }

  /** @returns whether it is still the collection of its name. */
  #change({ id, name }: CollectionRecord, ...next: readonly string[]): Promise<boolean> {
    return asking(() => this.#redis.did(CHANGE, this.#keys, [name, holding(id), ...next]));
  }

  #cacheKey(name: CollectionName): string {
    return `${this.#tenant}/${name}`;
  }
}

/** What only the record of this collection holds. */
const holding = (id: CollectionName): string => `"id":${JSON.stringify(id)}`;

/** Of several places the record tells one, which nobody reads as long as there are others. */
const stored = (record: CollectionRecord): string => JSON.stringify(StoredCollection.parse(record));
