import { sha256Hex } from "@sightline/shared/digest";
import { TenantId } from "@sightline/shared/ids";
import { redisKeys } from "@sightline/shared/tenants";
import { Redis } from "@upstash/redis/cloudflare";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { configFrom } from "../env.ts";
import { createRedis, RedisClient } from "../redis.ts";
import { type Answer, del, env, expectError, get, put, setMode } from "../testing/client.ts";
import { stopReplica } from "../testing/stopped-replica.ts";

const COLLECTION = `/v1/collections/idem-${crypto.randomUUID().slice(0, 8)}`;
beforeAll(async () => void (await put(COLLECTION, {})));

const freshKey = () => crypto.randomUUID();
const write = (key: string, id: string, options: Parameters<typeof put>[2] = {}): Promise<Answer> =>
  put(
    `${COLLECTION}/items`,
    { items: [{ id, text: `the text ${id}` }] },
    { ...options, headers: { "idempotency-key": key } },
  );

const itemExists = async (id: string) => (await get(`${COLLECTION}/items/${id}`)).status === 200;

afterEach(() => void vi.restoreAllMocks());

describe("an idempotency key", () => {
  it("gives a repetition the first answer, without doing the work again", async () => {
    const key = freshKey();
    const first = await write(key, "a");
    expect(first.status).toBe(200);
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    await del(`${COLLECTION}/items/a`);
    const again = await write(key, "a");
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await itemExists("a")).toBe(false);
  });

  it("is known from the moment that it is taken, whatever a replica still tells", async () => {
    const key = freshKey();
    await stopReplica(createRedis(configFrom(env)));
    const first = await write(key, "m");
    const again = await write(key, "m");
    expect([again.status, again.headers.get("idempotency-replayed"), again.body]).toEqual([200, "true", first.body]);
  });

  it("is refused for another body, path or method", async () => {
    const key = freshKey();
    await write(key, "b");
    expectError(await write(key, "c"), 422, "idempotency_key_reused", "Idempotency-Key");
    const headers = { "idempotency-key": key };
    expectError(await del(`${COLLECTION}/items/b`, { headers }), 422, "idempotency_key_reused", "Idempotency-Key");
    expect(await itemExists("b")).toBe(true);
    expect(await itemExists("c")).toBe(false);
  });

  it("belongs to its tenant", async () => {
    const key = freshKey();
    expect((await write(key, "d")).status).toBe(200);
    expectError(await write(key, "d", { key: "other" }), 404, "collection_not_found");
  });

  it("lets one of several calls at once do the work; the others are told to come back", async () => {
    const key = freshKey();
    const answers = await Promise.all(Array.from({ length: 6 }, () => write(key, "e")));
    const done = answers.filter(({ status }) => status === 200);
    expect(done.filter(({ headers }) => !headers.has("idempotency-replayed"))).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expectError(answer, 409, "idempotency_in_progress", "Idempotency-Key");
      expect(answer.headers.get("retry-after")).toBe("1");
    }
    expect((await write(key, "e")).headers.get("idempotency-replayed")).toBe("true");
  });

  it("is free again after a call that failed", async () => {
    const key = freshKey();
    const path = `${COLLECTION}-later`;
    const item = { items: [{ id: "f", text: "f" }] };
    const headers = { "idempotency-key": key };
    expectError(await put(`${path}/items`, item, { headers }), 404, "collection_not_found");
    await put(path, {});
    expect((await put(`${path}/items`, item, { headers })).status).toBe(200);
  });

  it("is free again after a call in which nothing was stored: there is nothing that a repetition would do twice", async () => {
    const headers = { "idempotency-key": freshKey() };
    const write = () => put(`${COLLECTION}/items`, { items: [{ id: "l" }] }, { headers });
    const [first, again] = [await write(), await write()];
    expect([first.body.succeeded, again.body]).toEqual([0, first.body]);
    expect(again.headers.get("idempotency-replayed")).toBeNull();
  });

  it("keeps an answer for what was paid for it: not of one stored item with hundreds of failures", async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `${i}${"一".repeat(250)}`);
    const writeTwice = async (stored: number) => {
      const items = ids.map((id, i) => ({
        id,
        ...(i < stored ? { text: `the text ${i}` } : { ["u".repeat(100)]: 1 }),
      }));
      const headers = { "idempotency-key": freshKey() };
      const [first, again] = [
        await put(`${COLLECTION}/items`, { items }, { headers }),
        await put(`${COLLECTION}/items`, { items }, { headers }),
      ];
      expect([first.status, first.body.succeeded, again.body]).toEqual([200, stored, first.body]);
      return again.headers.get("idempotency-replayed");
    };
    expect(await writeTwice(1)).toBeNull();
    expect(await writeTwice(18)).toBe("true");
    expect(await writeTwice(20)).toBe("true");
  });

  it("is free again where it cannot be told that it was taken", async () => {
    const key = freshKey();
    const { evaluate } = RedisClient.prototype;
    vi.spyOn(RedisClient.prototype, "evaluate").mockImplementationOnce(async function (this: RedisClient, ...call) {
      await evaluate.apply(this, call);
      throw new Error("no answer in time");
    });
    expectError(await write(key, "k"), 503, "store_unavailable", "Idempotency-Key");
    expect((await write(key, "k")).status).toBe(200);
  });

  it("that a dead isolate holds is free again when its short life is over", async () => {
    const redis = new Redis({ url: env.REDIS_URL as string, token: env.REDIS_TOKEN as string });
    const key = freshKey();
    const place = redisKeys.idempotency(TenantId.parse("acme"), await sha256Hex(key));
    let life = 0;
    const { evaluate } = RedisClient.prototype;
    vi.spyOn(RedisClient.prototype, "evaluate").mockImplementationOnce(async function (this: RedisClient, ...call) {
      const reply = await evaluate.apply(this, call);
      life = await redis.ttl(place);
      return reply;
    });
    await write(key, "h");
    expect(life).toBeGreaterThan(0);
    expect(life).toBeLessThanOrEqual(60);
    const { request } = (await redis.get(place)) as { request: string };
    // What such an isolate leaves behind: a pending record that nobody finishes.
    await redis.set(place, JSON.stringify({ state: "pending", request, owner: "dead" }));
    expectError(await write(key, "h"), 409, "idempotency_in_progress", "Idempotency-Key");
    await redis.pexpire(place, 1);
    await expect.poll(() => redis.exists(place)).toBe(0);
    const after = await write(key, "h");
    expect([after.status, after.headers.get("idempotency-replayed")]).toEqual([200, null]);
    expect(await redis.ttl(place)).toBeGreaterThan(86_000);
  });

  it.each([
    ["empty", ""],
    ["with a space", "a b"],
    ["too long", "k".repeat(256)],
  ])("is refused when it is %s", async (_, key) => {
    expectError(await write(key, "i"), 400, "invalid_request", "Idempotency-Key");
  });
});

describe("while Redis is away", () => {
  afterEach(() => setMode(env.SWITCHED_REDIS_URL, "up"));

  it("a call with a key is refused rather than carried out twice", async () => {
    const isolate = { ...env, REDIS_URL: env.SWITCHED_REDIS_URL };
    await get("/v1/collections", { env: isolate });
    await setMode(env.SWITCHED_REDIS_URL, "down");
    expectError(await write(freshKey(), "j", { env: isolate }), 503, "store_unavailable", "Idempotency-Key");
  });
});
