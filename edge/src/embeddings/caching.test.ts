/** Caches as callers meet them: through the API, with the real backend, the platform's cache and a real Redis. */
import { TenantId } from "@sightline/shared/ids";
import { bytesToBase64 } from "@sightline/shared/vectors";
import { Redis } from "@upstash/redis/cloudflare";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Answer, env, expectError, get, post, setMode, type TestEnv } from "../testing/client.ts";
import { png } from "../testing/images.ts";
import { identityOf } from "./embedding.ts";
import { cacheKey } from "./key.ts";

/** A backend that must not be asked: calls to it are refused. */
const NOBODY = "http://127.0.0.1:1";
const isolate = (changes: Partial<TestEnv> = {}): TestEnv => ({ ...env, ...changes });
const embed = (input: unknown, from: TestEnv, options: object = {}) =>
  post("/v1/embeddings", { input, encoding_format: "base64" }, { env: from, ...options });
const word = (): string => crypto.randomUUID();
const cacheOf = ({ headers }: Answer): [string | null, string | undefined] => [
  headers.get("sightline-cache"),
  /cache;dur=[\d.]+;desc="([^"]*)"/.exec(headers.get("server-timing") ?? "")?.[1],
];
const vectorsOf = ({ body }: Answer): string[] => body.data.map(({ embedding }: { embedding: string }) => embedding);

describe("the tiers", () => {
  it("are told apart in the headers, and their answers are the first one's, byte for byte", async () => {
    const here = isolate();
    const [inMemory, inColo, inRedis, nowhere] = [word(), word(), word(), word()];
    const first = [
      ...vectorsOf(await embed(inMemory, here)),
      ...vectorsOf(await embed(inColo, isolate())),
      ...vectorsOf(await embed(inRedis, isolate({ CACHE_COLO_TTL_SECONDS: "0" }))),
    ];
    const words = [inMemory, inColo, inRedis, nowhere];

    const mixed = await embed(words, here);
    expect(cacheOf(mixed)).toEqual(["partial", "memory 1, colo 1, redis 1, miss 1"]);
    const again = await embed([...words, inRedis], here);
    expect(cacheOf(again)).toEqual(["hit", "memory 5"]);
    const elsewhere = await embed(words, isolate());
    expect(cacheOf(elsewhere)).toEqual(["hit", "colo 4"]);
    expect(vectorsOf(mixed).slice(0, 3)).toEqual(first);
    expect(vectorsOf(elsewhere)).toEqual(vectorsOf(mixed));
    expect(vectorsOf(again)).toEqual([...vectorsOf(mixed), vectorsOf(mixed)[2]]);
  });

  it("can be switched off, each by itself", async () => {
    const input = word();
    await embed(input, isolate());
    const onlyRedis = isolate({ CACHE_MEMORY_MB: "0", CACHE_COLO_TTL_SECONDS: "0" });
    for (let i = 0; i < 2; i++) expect(cacheOf(await embed(input, onlyRedis))).toEqual(["hit", "redis 1"]);
    const onlyColo = isolate({ CACHE_MEMORY_MB: "0", CACHE_TTL_SECONDS: "0" });
    for (let i = 0; i < 2; i++) expect(cacheOf(await embed(input, onlyColo))).toEqual(["hit", "colo 1"]);
    const onlyMemory = isolate({ CACHE_COLO_TTL_SECONDS: "0", CACHE_TTL_SECONDS: "0" });
    expect(cacheOf(await embed(input, onlyMemory))).toEqual(["miss", "miss 1"]);
    expect(cacheOf(await embed(input, onlyMemory))).toEqual(["hit", "memory 1"]);
    const none = isolate({ CACHE_MEMORY_MB: "0", CACHE_COLO_TTL_SECONDS: "0", CACHE_TTL_SECONDS: "0" });
    for (let i = 0; i < 2; i++) expect(cacheOf(await embed(input, none))).toEqual(["miss", "miss 1"]);
  });

  it("bring a batch that is too large for the data centre's tier from Redis", async () => {
    const words = Array.from({ length: 17 }, word);
    await embed(words, isolate());
    expect(cacheOf(await embed(words, isolate()))).toEqual(["hit", "redis 17"]);
  });

  it("tell their truth also where the backend then fails", async () => {
    const known = word();
    await embed(known, isolate());
    const failed = await embed([known, word()], isolate({ BACKEND_URL: NOBODY }));
    expect([failed.status, ...cacheOf(failed)]).toEqual([503, "partial", "colo 1, miss 1"]);
  });
});

describe("an image that was refused", () => {
  const broken = async () => bytesToBase64((await png(...colour())).slice(0, 60));
  const colour = (): [number, number, number] =>
    [...crypto.getRandomValues(new Uint8Array(3))] as [number, number, number];

  it("is refused at the edge with the same error, blamed on the field where it is now", async () => {
    const image = await broken();
    const first = await embed(["a", { image }], isolate());
    expectError(first, 400, "image_invalid", "input[1]");
    const second = await embed({ image }, isolate({ BACKEND_URL: NOBODY }));
    expectError(second, 400, "image_invalid", "input");
    expect(second.body.error.message).toBe(first.body.error.message);
    expect(cacheOf(second)).toEqual(["hit", "colo 1"]);
    const third = await embed({ image }, isolate({ BACKEND_URL: NOBODY, CACHE_COLO_TTL_SECONDS: "0" }));
    expectError(third, 400, "image_invalid", "input");
  });

  it("is remembered in Redis for no longer than it counts", async () => {
    const image = await broken();
    await embed({ image }, isolate());
    const { body } = await get("/v1/models");
    const redis = new Redis({ url: env.REDIS_URL as string, token: env.REDIS_TOKEN as string });
    const [, keys] = await redis.scan("0", { match: `sl:emb:acme:${body.data[0].id}@*:image:*`, count: 100_000 });
    const lives = await Promise.all(keys.map((key) => redis.ttl(key)));
    expect(Math.min(...lives)).toBeGreaterThan(0);
    expect(Math.min(...lives)).toBeLessThanOrEqual(60);
  });

  it("is decoded anew each time where that is not wanted", async () => {
    const image = await broken();
    const from = isolate({ CACHE_REFUSALS_SECONDS: "0" });
    for (let i = 0; i < 2; i++) expect(cacheOf(await embed({ image }, from))).toEqual(["miss", "miss 1"]);
  });

  it("does not speak for an address, which may have another picture the next time", async () => {
    const from = isolate();
    for (let i = 0; i < 2; i++) {
      const refused = await embed({ image: "http://10.0.0.1/a.png" }, from);
      expectError(refused, 400, "image_url_refused", "input");
      expect(cacheOf(refused)).toEqual(["miss", "miss 1"]);
    }
  });
});

describe("tenants", () => {
  it("share entries where the deployment says so, and only with those who share too", async () => {
    const sharing = () => isolate({ CACHE_SHARED_ACROSS_TENANTS: "true" });
    const input = word();
    expect(cacheOf(await embed(input, sharing()))[0]).toBe("miss");
    expect(cacheOf(await embed(input, sharing(), { key: "other" }))[0]).toBe("hit");
    expect(cacheOf(await embed(input, isolate(), { key: "other" }))[0]).toBe("miss");
  });
});

describe("calls to Redis", () => {
  const real = globalThis.fetch;
  afterEach(() => void vi.restoreAllMocks());

  /** The names of the commands of each HTTP call that `work` causes, its background work included. */
  async function callsOf(work: () => Promise<unknown>): Promise<string[][]> {
    const calls: string[][] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation((target, init) => {
      const url = String(target instanceof Request ? target.url : target);
      if (url.startsWith(String(env.REDIS_URL))) {
        const commands = JSON.parse(String(init?.body)) as [string][];
        calls.push(commands.map(([name]) => name.toLowerCase()).sort());
      }
      return real(target, init);
    });
    await work();
    return calls;
  }

  /** The canaries' record is read anew every few seconds, behind an answer. */
  const withoutRenewals = (calls: string[][]) => calls.filter((commands) => commands.join() !== "get");

  it("are two for who is calling, two for what is served, one for limits and caches, and one behind the answer, in a fresh isolate", async () => {
    await embed(word(), isolate());
    const fresh = isolate();
    expect(await callsOf(() => embed([word(), word()], fresh))).toEqual([
      ["get"],
      ["hget"],
      ["get"],
      ["set"],
      ["evalsha", "mget"],
      // The second script adds the isolate's first counts, which travel along.
      ["evalsha", "evalsha", "set", "set"],
    ]);
  });

  it("are one for limits and caches and one behind the answer where the caller is known", async () => {
    const known = isolate();
    await embed(word(), known);
    expect(withoutRenewals(await callsOf(() => embed(word(), known)))).toEqual([
      ["evalsha", "mget"],
      ["evalsha", "set"],
    ]);
  });

  it("are one for limits and one for their end where a nearer tier knows the answer", async () => {
    const known = isolate();
    const input = word();
    await embed(input, known);
    const limits = [["evalsha"], ["evalsha"]];
    expect(withoutRenewals(await callsOf(() => embed(input, known)))).toEqual(limits);
    const inColo = word();
    await embed(inColo, isolate());
    expect(withoutRenewals(await callsOf(() => embed(inColo, known)))).toEqual(limits);
  });
});

describe("while Redis misbehaves", () => {
  const here = isolate({ REDIS_URL: env.SWITCHED_REDIS_URL });
  const inMemory = word();
  beforeAll(async () => void (await embed(inMemory, here)));
  afterAll(() => setMode(env.SWITCHED_REDIS_URL, "up"));

  it.each(["down", "hang", "garbage", "error", "text", "list", "number", "nothing"])(
    "(%s), caches are passed by and a stricter limit holds",
    async (mode) => {
      await setMode(env.SWITCHED_REDIS_URL, mode);
      const answer = await embed([inMemory, word()], here);
      expect([answer.status, ...cacheOf(answer)]).toEqual([200, "partial", "memory 1, miss 1"]);
      const usual = await embed(word(), isolate());
      const capacity = ({ headers }: Answer) => Number(/q=(\d+)/.exec(headers.get("ratelimit-policy") ?? "")?.[1]);
      expect(capacity(answer)).toBeLessThan(capacity(usual));
    },
  );

  it("by holding damaged entries, these are computed and written anew", async () => {
    const redis = new Redis({ url: env.REDIS_URL as string, token: env.REDIS_TOKEN as string });
    const input = word();
    const before = await embed(input, isolate({ CACHE_COLO_TTL_SECONDS: "0" }));
    const [key = ""] = await redis.keys(`sl:emb:acme:*:text:${await digestOf(input)}`);
    const damages = [
      "",
      "%%%",
      "AAAA",
      bytesToBase64(new Uint8Array(7)),
      bytesToBase64(new Uint8Array(4 + 128 * 4).fill(255)),
    ];
    const good = await redis.get<string>(key);
    for (const damaged of [...damages, good?.slice(0, -8) ?? "", bytesToBase64(spoilt(good ?? ""))]) {
      await redis.set(key, damaged);
      const answer = await embed(input, isolate({ CACHE_COLO_TTL_SECONDS: "0" }));
      expect(cacheOf(answer), damaged.slice(0, 20)).toEqual(["miss", "miss 1"]);
      expect(vectorsOf(answer)).toEqual(vectorsOf(before));
      expect(await redis.get(key)).toBe(good);
    }
  });

  const digestOf = async (text: string): Promise<string> => {
    const model = { id: "m", revision: "r", preprocessing: "p" } as unknown as Parameters<typeof cacheKey>[1];
    return (
      cacheKey(TenantId.parse("acme"), model, await identityOf({ kind: "text", text }))
        ?.split(":")
        .at(-1) ?? ""
    );
  };

  /** An entry of the right length whose first number is NaN. */
  function spoilt(entry: string): Uint8Array {
    const bytes = Uint8Array.from(atob(entry), (letter) => letter.charCodeAt(0));
    return bytes.fill(255, 4, 8);
  }
});
