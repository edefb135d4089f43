import { mintApiKey } from "@sightline/shared/api-key";
import { LIMITS, PLANS } from "@sightline/shared/limits";
import { bytesToBase64 } from "@sightline/shared/vectors";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Answer,
  type CallOptions,
  call,
  del,
  env,
  expectError,
  get,
  post,
  put,
  setMode,
} from "./testing/client.ts";
import { png } from "./testing/images.ts";
import { awaitDayThatLasts } from "./testing/midnight.ts";

const embed = (input: string, options: CallOptions = {}) => post("/v1/embeddings", { input }, options);

/** The last symbol is another one. */
const mistyped = (key: string): string => key.slice(0, -1) + (key.endsWith("0") ? "1" : "0");

describe("identity", () => {
  it.each([
    ["no key", {}],
    ["another scheme", { authorization: "Basic abc" }],
    ["a malformed key", { authorization: "Bearer nonsense" }],
    ["a mistyped key", { authorization: `Bearer ${mistyped(env.TEST_KEYS.full)}` }],
    ["an unknown key", { authorization: `Bearer ${mintApiKey("test").key}` }],
  ])("answers %s with the same 401", async (_, headers) => {
    const answer = await call("POST", "/v1/embeddings", {
      key: null,
      headers: headers as Record<string, string>,
      json: { input: "a" },
    });
    expectError(answer, 401, "invalid_api_key");
    expect(answer.headers.get("www-authenticate")).toContain("Bearer");
  });

  it("names the scope that a key lacks", async () => {
    const answer = await embed("a", { key: "searchOnly" });
    expectError(answer, 403, "insufficient_scope");
    expect(answer.body.error.message).toContain('"embed"');
  });
});

describe("while Redis is away", () => {
  const isolate = { ...env, REDIS_URL: env.SWITCHED_REDIS_URL };
  beforeAll(async () => {
    for (const key of ["full", "poor"] as const) {
      expect((await embed("known before", { env: isolate, key })).status).toBe(200);
    }
    expect((await put("/v1/collections/kept", {}, { env: isolate })).status).toBe(200);
    await put("/v1/collections/kept/items", { items: [{ id: "a", text: "apple" }] }, { env: isolate });
    await setMode(env.SWITCHED_REDIS_URL, "down");
  });
  afterAll(() => setMode(env.SWITCHED_REDIS_URL, "up"));

  it("known keys keep working, for new inputs too, under a stricter limit", async () => {
    const answer = await embed(crypto.randomUUID(), { env: isolate });
    expect(answer.status).toBe(200);
    const usual = await embed("usual");
    const quota = ({ headers }: Answer) => Number(/q=(\d+)/.exec(headers.get("ratelimit-policy") ?? "")?.[1]);
    expect(quota(answer)).toBeLessThan(quota(usual));
  });

  it("who uses up that limit is refused, long before the plan's own would be", async () => {
    const answers: Answer[] = [];
    do answers.push(await embed("known before", { env: isolate, key: "poor" }));
    while (answers.at(-1)?.status === 200 && answers.length < PLANS.free.requestsPerMinute / 2);
    expectError(answers.at(-1)!, 429, "rate_limit_exceeded");
    expect(answers.length).toBeGreaterThan(1);
    expect(Number(answers.at(-1)!.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("unknown keys are refused with 503", async () => {
    expectError(await embed("a", { env: isolate, key: "other" }), 503, "identity_unavailable");
  });

  it("collections seen before can be searched, and nothing can be changed", async () => {
    const search = await post("/v1/collections/kept/search", { query: "apple" }, { env: isolate });
    expect(search.body.results).toHaveLength(1);
    expectError(await del("/v1/collections/kept", { env: isolate }), 503, "store_unavailable");
    const items = { items: [{ id: "b", text: "pear" }] };
    expectError(await put("/v1/collections/kept/items", items, { env: isolate }), 503, "store_unavailable");
    expect((await get("/v1/collections/kept")).body.items.total).toBe(1);
  });
});

describe("limits", () => {
  it("answers 429 with a Retry-After when the bucket is empty", async () => {
    const input = Array.from({ length: PLANS.free.textsPerCall }, (_, i) => `word ${i}`);
    const answers = [];
    for (let i = 0; i < 11; i++) answers.push(await post("/v1/embeddings", { input }, { key: "poor" }));
    const refused = answers.at(-1);
    expect(answers.map(({ status }) => status)).toContain(200);
    expectError(refused!, 429, "rate_limit_exceeded");
    expect(Number(refused!.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("let the dearest call that is allowed through a full bucket", async () => {
    const image = bytesToBase64(await png(1, 2, 3));
    const { imagesPerCall, textsPerCall } = PLANS.free;
    const input = [...Array(imagesPerCall).fill({ image }), ...Array(textsPerCall).fill("a")];
    const labels = [{ label: "x", prompts: Array(LIMITS.promptsPerCall).fill("a") }];
    expect((await post("/v1/classify", { input, labels }, { key: "roundTrip" })).status).toBe(200);
  });
});

describe("a backend that fails", () => {
  /** What one isolate has learnt about its backend is not known to the next. */
  let broken: typeof env;
  beforeEach(() => {
    broken = { ...env, BACKEND_URL: env.FAULTY_BACKEND_URL };
  });

  it.each([
    ["answers garbage", "garbage", 502, "backend_invalid_response"],
    ["answers an error page", "status-500", 502, "backend_invalid_response"],
    ["hangs up", "reset", 503, "backend_unavailable"],
    ["is asleep behind a load balancer", "status-503", 503, "backend_unavailable"],
  ])("that %s costs a catalogue error, and cached inputs keep working", async (_, mode, status, code) => {
    const word = crypto.randomUUID();
    const before = await embed(word);
    await setMode(env.FAULTY_BACKEND_URL, mode);
    expectError(await embed(crypto.randomUUID(), { env: broken }), status, code);
    const cached = await embed(word, { env: broken });
    expect(cached.status).toBe(200);
    expect(cached.headers.get("sightline-cache")).toBe("hit");
    expect(cached.body.data).toEqual(before.body.data);
  });

  // Far below the request's own deadline of 30 s.
  it("that hangs does not hold up what the caches know", { timeout: 15_000 }, async () => {
    const word = crypto.randomUUID();
    await embed(word);
    await setMode(env.FAULTY_BACKEND_URL, "hang");
    const cached = await embed(word, { env: broken });
    expect([cached.status, cached.headers.get("sightline-cache")]).toEqual([200, "hit"]);
  });

  it("again and again is left alone for a minute, which Retry-After tells, while caches go on answering", async () => {
    const word = crypto.randomUUID();
    await embed(word);
    await setMode(env.FAULTY_BACKEND_URL, "reset");
    for (let i = 0; i < 3; i++) await embed(crypto.randomUUID(), { env: broken });
    // It would answer again: that nobody asks it is what this shows.
    await setMode(env.FAULTY_BACKEND_URL, "up");
    const answer = await embed(crypto.randomUUID(), { env: broken });
    expectError(answer, 503, "backend_unavailable");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(50);
    expect((await embed(word, { env: broken })).headers.get("sightline-cache")).toBe("hit");
  });

  it("is not noticed where a second origin is well", async () => {
    const { BACKEND_URL: url, ...rest } = env;
    const origins = [
      { id: "ailing", url: env.FAULTY_BACKEND_URL, weight: 1_000_000 },
      { id: "well", url, weight: 0.000_001 },
    ];
    const isolate = { ...rest, BACKEND_ORIGINS: JSON.stringify(origins) } as unknown as typeof env;
    await setMode(env.FAULTY_BACKEND_URL, "reset");
    for (let i = 0; i < 5; i++) expect((await embed(crypto.randomUUID(), { env: isolate })).status).toBe(200);
    expect((await get("/readyz", { key: null, env: isolate })).status).toBe(200);
  });

  it("that refuses our signature is our fault, not the caller's", async () => {
    const isolate = { ...env, BACKEND_SECRET: "another secret of at least 32 bytes" };
    expectError(await embed(crypto.randomUUID(), { env: isolate }), 502, "backend_invalid_response");
  });

  describe("because it has no time for items", () => {
    const place = `/v1/collections/c-${crypto.randomUUID().slice(0, 8)}`;
    const items = ["a", "b", "c"].map((id) => ({ id, text: `${id} ${crypto.randomUUID()}` }));
    const write = (key: string) =>
      put(`${place}/items`, { items }, { env: broken, headers: { "idempotency-key": key }, key: "frugal" });
    const writesUsed = async () => {
      const { days } = (await get("/v1/usage", { key: "frugal" })).body;
      return days.find(({ date }: { date: string }) => date === new Date().toISOString().slice(0, 10))?.work;
    };
    beforeAll(async () => {
      await awaitDayThatLasts();
      await put(place, {}, { key: "frugal" });
    });

    it("fails the call where none was stored, which then costs nothing and may be repeated with its key", async () => {
      const before = await writesUsed();
      const key = crypto.randomUUID();
      await setMode(env.FAULTY_BACKEND_URL, "busy");
      const refused = await write(key);
      expectError(refused, 503, "overloaded");
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await writesUsed()).toEqual(before);
      await setMode(env.FAULTY_BACKEND_URL, "up");
      const again = await write(key);
      expect([again.status, again.body.succeeded]).toEqual([200, 3]);
      expect(again.headers.get("idempotency-replayed")).toBeNull();
      expect(await writesUsed()).toMatchObject({ text: (before?.text ?? 0) + 3 });
    });

    it("is told item by item where some were, only those cost, and the others may be done with the same key", async () => {
      const before = await writesUsed();
      const key = crypto.randomUUID();
      await setMode(env.FAULTY_BACKEND_URL, "half-busy");
      const { status, body } = await write(key);
      expect([status, body.succeeded, body.failed, body.results[1].error.code]).toEqual([200, 2, 1, "overloaded"]);
      expect(await writesUsed()).toMatchObject({ text: before.text + 2 });
      await setMode(env.FAULTY_BACKEND_URL, "up");
      expect((await write(key)).body.succeeded).toBe(3);
      expect((await write(key)).headers.get("idempotency-replayed")).toBe("true");
    });
  });

  it("that is not there answers 503 with Retry-After", async () => {
    const answer = await embed(crypto.randomUUID(), { env: { ...env, BACKEND_URL: "http://127.0.0.1:1" } });
    expectError(answer, 503, "backend_unavailable");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("service routes", () => {
  it("are alive and ready", async () => {
    expect((await get("/healthz", { key: null })).body).toEqual({ status: "ok" });
    expect((await get("/readyz", { key: null })).body).toEqual({
      status: "ok",
      components: { backend: "ok", redis: "ok" },
    });
  });

  it("tell when the backend is away", async () => {
    const { status, body } = await get("/readyz", { key: null, env: { ...env, BACKEND_URL: "http://127.0.0.1:1" } });
    expect(status).toBe(503);
    expect(body.components).toEqual({ backend: "down", redis: "ok" });
  });

  it("list the models", async () => {
    const { body } = await get("/v1/models");
    expect(body.data[0]).toMatchObject({ id: "emoji-dual", object: "model", default: true, family: "clip" });
  });

  it("describe every route in an OpenAPI document whose references resolve", async () => {
    const { body } = await get("/openapi.json", { key: null });
    expect(body.openapi).toBe("3.1.0");
    expect(Object.keys(body.paths)).toContain("/v1/collections/{name}/search");
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map((m) => m[1] ?? "");
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      const [, ...path] = reference.split("/");
      expect(body, reference).toHaveProperty(path);
    }
  });

  it("keep the demo key to the local stack", async () => {
    expectError(await get("/dev/session", { key: null }), 404, "not_found");
  });

  it("answer 404 for what does not exist", async () => {
    expectError(await get("/v1/nothing"), 404, "not_found");
  });
});
