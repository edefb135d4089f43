import { bytesToBase64 } from "@sightline/shared/vectors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { call, env, get, post, put, setMode, type TestEnv } from "../testing/client.ts";
import { png } from "../testing/images.ts";

/** Only under tests is the log of what went well switched off. */
const isolate = (changes: Partial<TestEnv> = {}): TestEnv => ({ ...env, ENVIRONMENT: "production", ...changes });

// biome-ignore lint/suspicious/noExplicitAny: lines are inspected field by field
let lines: any[];
let everything: string;

beforeEach(() => {
  lines = [];
  everything = "";
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...said: unknown[]) => {
      everything += said.map(String).join(" ");
      const line = JSON.parse(String(said[0]));
      if ("route" in line) lines.push({ ...line, method_of_console: method });
    });
  }
});
afterEach(() => void vi.restoreAllMocks());

describe("the access log", () => {
  it("has one line for a request: who, what, what it cost, where inputs came from and time went", async () => {
    const from = isolate();
    const word = crypto.randomUUID();
    await post("/v1/embeddings", { input: word }, { env: from });
    const image = bytesToBase64(
      await png(...(crypto.getRandomValues(new Uint8Array(3)) as unknown as [number, number, number])),
    );
    const { headers } = await post("/v1/embeddings", { input: [word, { image }] }, { env: from });
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({
      method_of_console: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: "info",
      request_id: headers.get("x-request-id"),
      method: "POST",
      route: "/v1/embeddings",
      status: 200,
      tenant: "acme",
      key: env.TEST_KEYS.full.split("_")[2],
      model: expect.stringMatching(/^emoji-dual@/),
      origin: "default",
      work: { text: 1, image: 1 },
      cache: { memory: 1, colo: 0, redis: 0, joined: 0, miss: 1 },
      limit: { by: "redis" },
      ms: {
        auth: expect.any(Number),
        cache: expect.any(Number),
        inference: expect.any(Number),
        total: expect.any(Number),
      },
    });
    expect(lines[1]).not.toHaveProperty("code");
  });

  it("names the error, and the limit that refused", async () => {
    const from = isolate();
    await call("POST", "/v1/embeddings", { key: null, json: { input: "a" }, env: from });
    await get("/v1/nothing", { env: from });
    await get("/v1/collections/none/items/secret-item", { env: from });
    for (let i = 0; i < 70; i++) await get("/v1/collections", { key: "logged", env: from });
    const told = lines.map(({ level, status, code, route, tenant, limit }) => ({
      level,
      status,
      code,
      route,
      tenant,
      limit,
    }));
    expect(told.slice(0, 3)).toMatchObject([
      { level: "info", status: 401, code: "invalid_api_key", route: "/v1/embeddings" },
      { level: "info", status: 404, code: "not_found", tenant: "acme" },
      { status: 404, code: "collection_not_found", route: "/v1/collections/:name/items/:id", tenant: "acme" },
    ]);
    expect(told.at(-1)).toMatchObject({ status: 429, code: "rate_limit_exceeded", limit: { refused_by: "requests" } });
  });

  it("tells the cause where we are at fault, at the level of an error", async () => {
    await post(
      "/v1/embeddings",
      { input: crypto.randomUUID() },
      { env: isolate({ BACKEND_URL: "http://127.0.0.1:1" }) },
    );
    expect(lines).toMatchObject([
      { method_of_console: "error", level: "error", status: 503, code: "backend_unavailable", cache: { miss: 1 } },
    ]);
    expect(lines[0].cause).toContain("Network connection lost");
  });

  it("never holds a key, a text, a picture, or a name that the caller gave", async () => {
    const from = isolate();
    const secret = "hush-hush-words";
    const image = bytesToBase64(await png(3, 1, 4, 32));
    const collection = `/v1/collections/hush-${crypto.randomUUID().slice(0, 8)}`;
    await post(`/v1/embeddings?${secret}`, { input: [secret, { image }] }, { env: from });
    await post("/v1/embeddings", { input: { image: image.slice(0, 80) } }, { env: from });
    await post("/v1/classify", { input: secret, labels: [secret, "other"] }, { env: from });
    await put(collection, { description: secret }, { env: from });
    const items = { items: [{ id: secret, text: secret, metadata: { secret } }] };
    await put(`${collection}/items`, items, { env: from, headers: { "idempotency-key": secret } });
    await get(`${collection}/items/${secret}`, { env: from });
    await post(`${collection}/search`, { query: secret }, { env: from });
    await post("/v1/embeddings", { input: secret, [secret]: 1 }, { env: from });
    await get("/v1/models", { env: from, headers: { "x-request-id": `${secret} not an id` } });
    // Where something fails, the cause is logged too.
    for (const changes of [{ BACKEND_URL: "http://127.0.0.1:1" }, { REDIS_URL: "http://127.0.0.1:1" }]) {
      await post("/v1/embeddings", { input: `${secret} anew` }, { env: isolate(changes) });
      await put(`${collection}/items`, items, { env: isolate(changes), headers: { "idempotency-key": `${secret}2` } });
    }
    expect(lines.length).toBe(13);
    const key = env.TEST_KEYS.full;
    const hidden = [secret, "hush-", key, key.split("_").at(-1) ?? key, image.slice(0, 24), image.slice(-24)];
    for (const one of hidden) expect(everything).not.toContain(one);
  });

  it("never holds a secret of the deployment, nor any API key from its making on, also where things fail", async () => {
    const from = isolate();
    const operator = (token: string) => ({ key: null, headers: { authorization: `Bearer ${token}` } });
    const admin = (path: string, json: object, where = from) =>
      post(`/admin/v1/tenants${path}`, json, { ...operator(env.ADMIN_TOKEN), env: where });
    const id = `t-${crypto.randomUUID().slice(0, 8)}`;
    await admin("", { id, plan: "free" });
    const made = (await admin(`/${id}/keys`, {})).body;
    const next = (await admin(`/${id}/keys/${made.id}/rotate`, { overlap_seconds: 60 })).body;
    for (const key of [made.key, next.key, `${next.key}x`, env.ADMIN_TOKEN]) {
      await post("/v1/embeddings", { input: "a" }, { ...operator(key), env: from });
    }
    await get("/admin/v1/tenants", { ...operator(`${env.ADMIN_TOKEN}x`), env: from });
    await setMode(env.FAULTY_BACKEND_URL, "garbage");
    for (const changes of [
      { BACKEND_URL: "http://127.0.0.1:1" },
      { BACKEND_URL: env.FAULTY_BACKEND_URL },
      { BACKEND_SECRET: `${env.BACKEND_SECRET}x` },
      { REDIS_URL: "http://127.0.0.1:1" },
      { REDIS_TOKEN: `${env.REDIS_TOKEN}x` },
    ]) {
      const word = { input: crypto.randomUUID() };
      await post("/v1/embeddings", word, { ...operator(next.key), env: isolate(changes) });
      await admin(`/${id}/keys`, {}, isolate(changes));
    }
    expect(lines.filter(({ status }) => status >= 500).length).toBe(7);
    const { ADMIN_TOKEN, BACKEND_SECRET, KEY_PEPPER, REDIS_TOKEN } = env;
    const keys = [made.key, next.key].map((key) => key.split("_").at(-1).slice(0, 26));
    const secrets = [...keys, ADMIN_TOKEN, BACKEND_SECRET, KEY_PEPPER, REDIS_TOKEN];
    expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
  });

  it("is silent under tests, but for what is our fault", async () => {
    await get("/healthz", { env: { ...env } });
    expect(lines).toEqual([]);
  });
});
