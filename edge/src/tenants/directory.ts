/** Tenants and their API keys in Redis: what the operator API changes, and what identity looks up. */
import { digestApiKey, mintApiKey } from "@sightline/shared/api-key";
import { ApiError } from "@sightline/shared/errors";
import type { TenantId } from "@sightline/shared/ids";
import { LIMITS } from "@sightline/shared/limits";
import { KeyRecord, redisKeys, TenantRecord } from "@sightline/shared/tenants";
import type { RedisClient } from "../redis.ts";
import { Script } from "../redis-script.ts";

/** What the caller of the public API is: a key that may be used, and its tenant. */
export interface Identity extends Pick<KeyRecord, "publicId" | "scopes" | "expiresAt"> {
  readonly tenant: TenantId;
  readonly plan: TenantRecord["plan"];
  readonly status: TenantRecord["status"];
}

interface KeyMinting {
  readonly pepper: string;
  /** Stands in the key itself: `sl_<env>_…`. */
  readonly env: string;
}

type NewKey = Pick<KeyRecord, "name" | "scopes" | "expiresAt">;

/**
 * KEYS: a hash, where the record stands once more, if it does · ARGV: 1 field · 2 the record that was read · 3 the new one ·
 * 4 when the second place expires in ms, if it does. Returns whether it still was that.
 */
const CHANGE = new Script(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if KEYS[2] then
  redis.call('SET', KEYS[2], ARGV[3])
  if ARGV[4] then redis.call('PEXPIREAT', KEYS[2], ARGV[4]) end
end
return 1
`);

/**
 * KEYS: tenants, its collections, what else goes · ARGV: 1 id. Returns whether it had no collections, and is gone: in one step, since a
 * collection that was made between two would be the next tenant's of that id.
 */
const DELETE = new Script(`
if redis.call('HLEN', KEYS[2]) > 0 then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
return 1
`);

/** A record's place beside its hash. */
interface Copy {
  readonly place: string;
  readonly expiresAt: string | null;
}

export class TenantDirectory {
  readonly #redis: RedisClient;

  constructor(redis: RedisClient) {
    this.#redis = redis;
  }

  /**
   * Two look-ups, one after the other: a key's record does not repeat its tenant's plan, which would have to be changed in
   * every key. @throws if Redis cannot be reached.
   */
  async identify(digest: string): Promise<Identity | undefined> {
    const key = parsed(KeyRecord, await this.#read(redisKeys.apiKey(digest)));
    const tenant = key && (await this.find(key.tenant));
    if (!key || !tenant) return undefined;
    const { publicId, scopes, expiresAt } = key;
    return { publicId, scopes, expiresAt, tenant: tenant.id, plan: tenant.plan, status: tenant.status };
  }

  async find(id: TenantId): Promise<TenantRecord | undefined> {
    return parsed(TenantRecord, await this.#read(redisKeys.tenants, id));
  }

  /** What a replica does not know may be there all the same, since a moment ago: it is not there only if the leader says so, too. */
  async #read(key: string, field?: string): Promise<string | null> {
    const known = await (field === undefined ? this.#redis.get(key) : this.#redis.hget(key, field));
    return known ?? this.#latest(key, field);
  }

  async #latest(key: string, field?: string): Promise<string | null> {
    const [text = null] = await this.#redis.latest([key], field);
    return text;
  }

  /** @throws ApiError(tenant_not_found) */
  async get(id: TenantId): Promise<TenantRecord> {
    const tenant = await this.find(id);
    if (!tenant) throw tenantNotFound(id);
    return tenant;
  }

  /** Up to `limit` tenants in the order of their ids, from the first one after `after`. */
  async list(after: string, limit: number): Promise<readonly TenantRecord[]> {
    const ids = (await this.#redis.hkeys(redisKeys.tenants)).filter((id) => id > after).sort();
    const page = ids.slice(0, limit);
    if (page.length === 0) return [];
    const texts = await this.#redis.hmget(redisKeys.tenants, ...page);
    return texts.flatMap((text) => parsed(TenantRecord, text) ?? []);
  }

  /** @throws ApiError(tenant_conflict) */
  async create(tenant: TenantRecord): Promise<void> {
    const created = await this.#redis.hsetnx(redisKeys.tenants, tenant.id, JSON.stringify(tenant));
    if (!created) throw new ApiError("tenant_conflict", { param: "id" });
  }

  /**
   * @param change is asked again if another call has changed the tenant meanwhile: neither call's changes are lost.
   * @throws ApiError(tenant_not_found)
   */
  async change(id: TenantId, change: (tenant: TenantRecord) => TenantRecord): Promise<TenantRecord> {
    const changed = await this.#change(redisKeys.tenants, id, TenantRecord, change);
    if (!changed) throw tenantNotFound(id);
    return changed;
  }

  /** With its keys. @throws ApiError(tenant_not_empty) while it has collections. */
  async delete(id: TenantId): Promise<void> {
    const keys = await this.keys(id);
    const also = [redisKeys.keysOf(id), ...keys.map(({ digest }) => redisKeys.apiKey(digest))];
    const isGone = await this.#redis.did(DELETE, [redisKeys.tenants, redisKeys.collections(id), ...also], [id]);
    if (!isGone) throw new ApiError("tenant_not_empty");
  }

  /** Oldest first; expired ones stay until they are revoked. */
  async keys(tenant: TenantId): Promise<readonly KeyRecord[]> {
    const texts = await this.#redis.hvals(redisKeys.keysOf(tenant));
    return texts
      .flatMap((text) => parsed(KeyRecord, text) ?? [])
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
  }

  /** @throws ApiError(key_not_found) */
  async key(tenant: TenantId, publicId: string): Promise<KeyRecord> {
    const record = parsed(KeyRecord, await this.#read(redisKeys.keysOf(tenant), publicId));
    if (!record) throw keyNotFound(publicId);
    return record;
  }

  /** @returns the record, and the key itself, which nobody can get again. @throws ApiError(too_many_keys) */
  async createKey(tenant: TenantId, wanted: NewKey, { pepper, env }: KeyMinting) {
    if ((await this.#redis.hlen(redisKeys.keysOf(tenant))) >= LIMITS.keysPerTenant) throw new ApiError("too_many_keys");
    const { key, publicId } = mintApiKey(env);
    const digest = await digestApiKey(pepper, key);
    const record: KeyRecord = { ...wanted, publicId, tenant, digest, createdAt: new Date().toISOString() };
    await this.#storeNew(record);
    return { key, record };
  }

  /** Under its digest the record is found for as long as the key has not expired. */
  async #storeNew(record: KeyRecord): Promise<void> {
    const place = redisKeys.apiKey(record.digest);
    await this.#redis.transaction([
      ["HSET", redisKeys.keysOf(record.tenant), record.publicId, JSON.stringify(record)],
      ["SET", place, JSON.stringify(record)],
      ...(record.expiresAt === null ? [] : [["PEXPIREAT", place, Date.parse(record.expiresAt)]]),
    ]);
  }

  /**
   * @param change is asked again if another call has changed the key meanwhile: neither call's changes are lost.
   * @throws ApiError(key_not_found), also if it is revoked meanwhile: who changes a key must not bring it back.
   */
  async changeKey(tenant: TenantId, publicId: string, change: (key: KeyRecord) => KeyRecord): Promise<KeyRecord> {
    const copy = ({ digest, expiresAt }: KeyRecord): Copy => ({ place: redisKeys.apiKey(digest), expiresAt });
    const changed = await this.#change(redisKeys.keysOf(tenant), publicId, KeyRecord, change, copy);
    if (!changed) throw keyNotFound(publicId);
    return changed;
  }

  /** @returns undefined if there is no such record, or none any more. */
  async #change<T>(
    hash: string,
    field: string,
    schema: { parse(value: unknown): T },
    change: (record: T) => T,
    copyOf?: (record: T) => Copy,
  ): Promise<T | undefined> {
    for (;;) {
      const text = await this.#latest(hash, field);
      if (text === null) return undefined;
      const changed = change(schema.parse(JSON.parse(text)));
      const copy = copyOf?.(changed);
      const expiry = copy && copy.expiresAt !== null ? [Date.parse(copy.expiresAt)] : [];
      const keys = [hash, ...(copy ? [copy.place] : [])];
      if (await this.#redis.did(CHANGE, keys, [field, text, JSON.stringify(changed), ...expiry])) return changed;
    }
  }

  /** The key stops working at once, but for isolates that know it: there within 30 s. */
  async revokeKey({ tenant, publicId, digest }: KeyRecord): Promise<void> {
    await this.#redis.transaction([
      ["DEL", redisKeys.apiKey(digest)],
      ["HDEL", redisKeys.keysOf(tenant), publicId],
    ]);
  }
}

const tenantNotFound = (id: TenantId): ApiError =>
  new ApiError("tenant_not_found", { message: `There is no tenant "${id}".` });

const keyNotFound = (publicId: string): ApiError =>
  new ApiError("key_not_found", { message: `The tenant has no key "${publicId}".` });

function parsed<T>(schema: { parse(value: unknown): T }, text: string | null): T | undefined {
  return text === null ? undefined : schema.parse(JSON.parse(text));
}
