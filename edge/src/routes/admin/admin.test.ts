import { parseApiKey } from "@sightline/shared/api-key";
import { redisKeys } from "@sightline/shared/tenants";
import { Redis } from "@upstash/redis/cloudflare";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configFrom } from "../../env.ts";
import { createRedis, RedisClient } from "../../redis.ts";
import { IDENTITY_TTL_MS } from "../../tenants/identity.ts";
import { type Answer, type CallOptions, call, env, expectError, get, setMode } from "../../testing/client.ts";
import { stopReplica } from "../../testing/stopped-replica.ts";

const operator = { authorization: `Bearer ${env.ADMIN_TOKEN}` };
const admin = (method: string, path: string, json?: unknown, options: CallOptions = {}): Promise<Answer> =>
  call(method, `/admin/v1${path}`, { key: null, headers: operator, ...(json !== undefined && { json }), ...options });

/** An isolate of its own: what another one remembers does not count. */
const isolate = () => ({ ...env });
const withKey = (key: string, where = isolate()) =>
  get("/v1/collections", { key: null, headers: { authorization: `Bearer ${key}` }, env: where });

const freshId = () => `t-${crypto.randomUUID().slice(0, 8)}`;

async function makeTenant(plan = "standard"): Promise<string> {
  const id = freshId();
  expect((await admin("POST", "/tenants", { id, plan })).status).toBe(201);
  return id;
}

async function makeKey(tenant: string, body: object = {}): Promise<{ id: string; key: string }> {
  const answer = await admin("POST", `/tenants/${tenant}/keys`, body);
  expect(answer.status).toBe(201);
  return answer.body;
}

/** Whatever anybody has put there: names and values. */
async function allOfRedis(): Promise<string> {
  const redis = new Redis({ url: env.REDIS_URL, token: env.REDIS_TOKEN, automaticDeserialization: false });
  const keys = await redis.keys("*");
  const readers: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
    hash: (key) => redis.hgetall(key),
    string: (key) => redis.get(key),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, 0, -1),
    list: (key) => redis.lrange(key, 0, -1),
    // It has expired meanwhile.
    none: async () => null,
  };
  const values = keys.map(async (key) => {
    const type = await redis.type(key);
    const read = readers[type];
    if (!read) throw new Error(`${key} is a ${type}, which nobody knows how to read`);
    return read(key);
  });
  return JSON.stringify([keys, await Promise.all(values)]);
}

/** Does something right after the next record that is to be changed is read, before the call that has read it goes on. */
function afterNextReading(act: () => Promise<unknown>): void {
  const read = RedisClient.prototype.latest;
  vi.spyOn(RedisClient.prototype, "latest").mockImplementationOnce(async function (this: RedisClient, ...call) {
    const texts = await read.apply(this, call);
    await act();
    return texts;
  });
}

afterEach(() => void vi.restoreAllMocks());

describe("the operator's token", () => {
  it.each([
    ["no token", {}],
    ["another token", { authorization: "Bearer wrong" }],
    ["an API key", { authorization: `Bearer ${env.TEST_KEYS.full}` }],
  ])("refuses %s", async (_, headers) => {
    expectError(await admin("GET", "/tenants", undefined, { headers: headers as never }), 401, "invalid_admin_token");
  });

  it("is never right where none is configured", async () => {
    const { ADMIN_TOKEN: _, ...closed } = env;
    for (const headers of [operator, { authorization: "Bearer undefined" }, {}]) {
      const options = { env: closed as typeof env, headers: headers as never };
      expectError(await admin("GET", "/tenants", undefined, options), 401, "invalid_admin_token");
    }
  });

  it("is no API key", async () => {
    expectError(await withKey(env.ADMIN_TOKEN), 401, "invalid_api_key");
  });
});

describe("tenants", () => {
  it("are created, read, changed and deleted", async () => {
    const id = freshId();
    const created = await admin("POST", "/tenants", { id, name: "Ink & Co", plan: "free" });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ id, name: "Ink & Co", plan: "free", status: "active" });
    expect((await admin("GET", `/tenants/${id}`)).body).toEqual(created.body);
    const changed = await admin("PATCH", `/tenants/${id}`, { plan: "standard" });
    expect(changed.body).toEqual({ ...created.body, plan: "standard" });
    expect((await admin("DELETE", `/tenants/${id}`)).body).toEqual({ deleted: 1 });
    expectError(await admin("GET", `/tenants/${id}`), 404, "tenant_not_found");
    expectError(await admin("DELETE", `/tenants/${id}`), 404, "tenant_not_found");
  });

  it("are listed page by page, each once", async () => {
    const made = (await Promise.all(Array.from({ length: 5 }, () => makeTenant()))).sort();
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: Answer = await admin("GET", `/tenants?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.body.data.length).toBeLessThanOrEqual(2);
      seen.push(...page.body.data.map((tenant: { id: string }) => tenant.id));
      cursor = page.body.next_cursor;
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(made));
  });

  it("keep their id to themselves", async () => {
    const id = await makeTenant();
    expectError(await admin("POST", "/tenants", { id, plan: "free" }), 409, "tenant_conflict", "id");
  });

  it("are not deleted while they have collections", async () => {
    const id = await makeTenant();
    const { key } = await makeKey(id);
    const headers = { authorization: `Bearer ${key}` };
    expect((await call("PUT", "/v1/collections/kept", { key: null, headers, json: {} })).status).toBe(200);
    expectError(await admin("DELETE", `/tenants/${id}`), 409, "tenant_not_empty");
    expect((await call("DELETE", "/v1/collections/kept", { key: null, headers })).status).toBe(200);
    expect((await admin("DELETE", `/tenants/${id}`)).status).toBe(200);
    expectError(await withKey(key), 401, "invalid_api_key");
  });

  it("leave nothing to the next of their id: a key that an isolate still knows makes no collection", async () => {
    const id = await makeTenant();
    const { key } = await makeKey(id);
    const late = isolate();
    expect((await withKey(key, late)).status).toBe(200);
    await admin("DELETE", `/tenants/${id}`);
    const headers = { authorization: `Bearer ${key}` };
    expectError(
      await call("PUT", "/v1/collections/late", { key: null, headers, json: {}, env: late }),
      401,
      "invalid_api_key",
    );
    expect((await admin("POST", "/tenants", { id, plan: "free" })).status).toBe(201);
    const next = await makeKey(id);
    expect((await withKey(next.key)).body.data).toEqual([]);
  });

  it("that are suspended or deleted stay so, whoever changes them in that moment", async () => {
    const id = await makeTenant();
    afterNextReading(() => admin("PATCH", `/tenants/${id}`, { status: "suspended" }));
    const { body } = await admin("PATCH", `/tenants/${id}`, { plan: "free" });
    expect(body).toMatchObject({ status: "suspended", plan: "free" });
    afterNextReading(() => admin("DELETE", `/tenants/${id}`));
    expectError(await admin("PATCH", `/tenants/${id}`, { plan: "standard" }), 404, "tenant_not_found");
    expectError(await admin("GET", `/tenants/${id}`), 404, "tenant_not_found");
  });

  it("are refused with 403 while they are suspended", async () => {
    const id = await makeTenant();
    const { key } = await makeKey(id);
    await admin("PATCH", `/tenants/${id}`, { status: "suspended" });
    expectError(await withKey(key), 403, "tenant_suspended");
    await admin("PATCH", `/tenants/${id}`, { status: "active" });
    expect((await withKey(key)).status).toBe(200);
  });

  it.each([
    ["an id with capitals", { id: "Acme", plan: "free" }, "invalid_request", "id"],
    ["no plan", { id: "acme-2" }, "invalid_request", "plan"],
    ["an unknown plan", { id: "acme-2", plan: "gold" }, "invalid_request", "plan"],
    ["an unknown field", { id: "acme-2", plan: "free", status: "active" }, "unknown_field", "status"],
  ])("are not made of %s", async (_, body, code, param) => {
    expectError(await admin("POST", "/tenants", body), 400, code, param);
  });
});

describe("keys", () => {
  // All of Redis is read, also what the files before this one have left there.
  it("are shown once and stored as digests", { timeout: 30_000 }, async () => {
    const tenant = await makeTenant();
    const made = await makeKey(tenant, { name: "ci", scopes: ["search"] });
    expect(parseApiKey(made.key)).toMatchObject({ publicId: made.id });
    expect(made.key).toMatch(/^sl_test_/);
    const { key: _, ...shown } = made;
    expect((await admin("GET", `/tenants/${tenant}/keys`)).body).toEqual({ object: "list", data: [shown] });

    const next = await admin("POST", `/tenants/${tenant}/keys/${made.id}/rotate`, { overlap_seconds: 60 });
    for (const key of [made.key, next.body.key]) expect((await withKey(key)).status).toBe(200);
    const stored = await allOfRedis();
    expect(stored).toContain(made.id);
    const { TEST_KEYS, ADMIN_TOKEN, BACKEND_SECRET, KEY_PEPPER, REDIS_TOKEN } = env;
    const keys = [made.key, next.body.key, ...Object.values(TEST_KEYS)].map((key) => key.slice(-20));
    const secrets = [...keys, ADMIN_TOKEN, BACKEND_SECRET, KEY_PEPPER, REDIS_TOKEN];
    expect(secrets.filter((secret) => stored.includes(secret))).toEqual([]);
  });

  it("may do what their scopes say", async () => {
    const { key } = await makeKey(await makeTenant(), { scopes: ["search"] });
    expect((await withKey(key)).status).toBe(200);
    const headers = { authorization: `Bearer ${key}` };
    const refused = await call("PUT", "/v1/collections/a", { key: null, headers, json: {} });
    expectError(refused, 403, "insufficient_scope");
    expect(refused.body.error.message).toContain('"write"');
  });

  it("work and can be changed from the moment that they are made, whatever a replica still tells", async () => {
    await stopReplica(createRedis(configFrom(env)));
    const tenant = await makeTenant();
    const { id, key } = await makeKey(tenant);
    expect((await withKey(key)).status).toBe(200);
    const path = `/tenants/${tenant}/keys/${id}`;
    expect((await admin("PATCH", path, { name: "changed" })).body.name).toBe("changed");
    expect((await admin("DELETE", path)).status).toBe(200);
  });

  it("end when they are revoked", async () => {
    const tenant = await makeTenant();
    const { id, key } = await makeKey(tenant);
    expect((await withKey(key)).status).toBe(200);
    expect((await admin("DELETE", `/tenants/${tenant}/keys/${id}`)).body).toEqual({ deleted: 1 });
    expectError(await withKey(key), 401, "invalid_api_key");
    expectError(await admin("DELETE", `/tenants/${tenant}/keys/${id}`), 404, "key_not_found");
  });

  it("go on beside their successor until the overlap is over", async () => {
    const tenant = await makeTenant();
    const old = await makeKey(tenant, { name: "app", scopes: ["search", "write"] });
    const fresh = await admin("POST", `/tenants/${tenant}/keys/${old.id}/rotate`, { overlap_seconds: 3600 });
    expect(fresh.status).toBe(201);
    expect(fresh.body).toMatchObject({ name: "app", scopes: ["search", "write"], expires_at: null });
    expect((await withKey(old.key)).status).toBe(200);
    expect((await withKey(fresh.body.key)).status).toBe(200);
    const [listed] = (await admin("GET", `/tenants/${tenant}/keys`)).body.data;
    expect(Date.parse(listed.expires_at) - Date.now()).toBeGreaterThan(3_500_000);

    const last = await admin("POST", `/tenants/${tenant}/keys/${fresh.body.id}/rotate`, { overlap_seconds: 0 });
    expectError(await withKey(fresh.body.key), 401, "invalid_api_key");
    expect((await withKey(last.body.key)).status).toBe(200);
  });

  it("that expire have successors that expire, too", async () => {
    const tenant = await makeTenant();
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const old = await makeKey(tenant, { expires_at });
    const fresh = await admin("POST", `/tenants/${tenant}/keys/${old.id}/rotate`, { overlap_seconds: 3600 });
    expect(fresh.body.expires_at).toBe(expires_at);
    const { data } = (await admin("GET", `/tenants/${tenant}/keys`)).body;
    expect(data.map((key: { expires_at: string }) => key.expires_at)).toEqual([expires_at, expires_at]);
  });

  it("that are revoked stay so, whoever changes them in that moment", async () => {
    const tenant = await makeTenant();
    const { id, key } = await makeKey(tenant);
    afterNextReading(() => admin("DELETE", `/tenants/${tenant}/keys/${id}`));
    expectError(await admin("PATCH", `/tenants/${tenant}/keys/${id}`, { name: "changed" }), 404, "key_not_found");
    expectError(await withKey(key), 401, "invalid_api_key");
    expect((await admin("GET", `/tenants/${tenant}/keys`)).body.data).toEqual([]);
  });

  it("that are rotated end as they should, whoever changes them in that moment", async () => {
    const tenant = await makeTenant();
    const { id } = await makeKey(tenant);
    afterNextReading(() => admin("POST", `/tenants/${tenant}/keys/${id}/rotate`, { overlap_seconds: 60 }));
    const { body } = await admin("PATCH", `/tenants/${tenant}/keys/${id}`, { name: "changed" });
    expect(body).toMatchObject({ name: "changed", expires_at: expect.any(String) });
  });

  it("keep their new expiry, or none, when they are changed", async () => {
    const tenant = await makeTenant();
    const { id, key } = await makeKey(tenant);
    const change = (expires_at: string | null) => admin("PATCH", `/tenants/${tenant}/keys/${id}`, { expires_at });
    await change(new Date(Date.now() + 60_000).toISOString());
    expect((await withKey(key)).status).toBe(200);
    await change(new Date(Date.now() - 1).toISOString());
    expectError(await withKey(key), 401, "invalid_api_key");
    await change(null);
    expect((await withKey(key)).status).toBe(200);
  });

  it("are limited in number", async () => {
    const tenant = await makeTenant();
    const redis = new Redis({ url: env.REDIS_URL as string, token: env.REDIS_TOKEN as string });
    const filled = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key-${i}`, "{}"]));
    await redis.hset(redisKeys.keysOf(tenant as never), filled);
    expectError(await admin("POST", `/tenants/${tenant}/keys`, {}), 409, "too_many_keys");
  });

  it.each([
    ["no scope", { scopes: [] }, "scopes"],
    ["an unknown scope", { scopes: ["all"] }, "scopes[0]"],
    ["an expiry that is no time", { expires_at: "tomorrow" }, "expires_at"],
  ])("are not made with %s", async (_, body, param) => {
    const answer = await admin("POST", `/tenants/${await makeTenant()}/keys`, body);
    expect([400, answer.body.error.param]).toEqual([answer.status, param]);
  });

  it("belong to a tenant that exists", async () => {
    expectError(await admin("POST", `/tenants/${freshId()}/keys`, {}), 404, "tenant_not_found");
    expectError(await admin("GET", `/tenants/${freshId()}/keys`), 404, "tenant_not_found");
  });
});

describe("what an isolate remembers of a key", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("lasts 30 s at the most: a revoked key is refused then", async () => {
    const tenant = await makeTenant();
    const { id, key } = await makeKey(tenant);
    const here = isolate();
    expect((await withKey(key, here)).status).toBe(200);
    await admin("DELETE", `/tenants/${tenant}/keys/${id}`);
    expect((await withKey(key, here)).status).toBe(200);
    vi.advanceTimersByTime(IDENTITY_TTL_MS);
    expectError(await withKey(key, here), 401, "invalid_api_key");
  });

  it("does not make an expired key last longer", async () => {
    const tenant = await makeTenant();
    const { key } = await makeKey(tenant, { expires_at: new Date(Date.now() + 5000).toISOString() });
    const here = isolate();
    expect((await withKey(key, here)).status).toBe(200);
    vi.advanceTimersByTime(5000);
    expectError(await withKey(key, here), 401, "invalid_api_key");
  });
});

it("says 503 while Redis is away", async () => {
  await setMode(env.SWITCHED_REDIS_URL, "down");
  try {
    const away = { env: { ...env, REDIS_URL: env.SWITCHED_REDIS_URL } };
    const answer = await admin("GET", "/tenants", undefined, away);
    expectError(answer, 503, "identity_unavailable");
    expect(answer.headers.get("retry-after")).toBe("5");
  } finally {
    await setMode(env.SWITCHED_REDIS_URL, "up");
  }
});
