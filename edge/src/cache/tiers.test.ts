import { Redis } from "@upstash/redis/cloudflare";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configFrom } from "../env.ts";
import { createRedis } from "../redis.ts";
import { env } from "../testing/client.ts";
import { COLO_KEYS_PER_CALL, coloTier } from "./colo.ts";
import { memoryTier } from "./memory.ts";
import { redisTier } from "./redis.ts";
import type { CacheTier } from "./tier.ts";

const DAY = 86_400;
const redis = () => createRedis(configFrom(env));
const freshOrigin = (): string => `https://${crypto.randomUUID()}.test`;
const freshKeys = (count: number): string[] => Array.from({ length: count }, () => `sl:test:${crypto.randomUUID()}`);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each([
  ["memory", () => memoryTier(1_000_000)],
  ["colo", () => coloTier(freshOrigin(), DAY)],
  ["redis", () => redisTier(redis(), DAY)],
] as const)("the tier %s", (name, open) => {
  it("gives back what it was given, in the order of the keys, and undefined for the rest", async () => {
    const tier: CacheTier = open();
    const [a = "", b = "", c = ""] = freshKeys(3);
    await tier.setMany([
      { key: a, value: bytes("one") },
      { key: c, value: bytes("three") },
    ]);
    expect((await tier.getMany([c, b, a])).map(textOf)).toEqual(["three", undefined, "one"]);
    expect(tier.name).toBe(name);
  });

  it("keeps any bytes under any key", async () => {
    const tier = open();
    const run = crypto.randomUUID();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.uint8Array({ maxLength: 300 }), async (suffix, value) => {
        const key = `sl:test:${run}:${suffix}`;
        await tier.setMany([{ key, value }]);
        expect((await tier.getMany([key]))[0]).toEqual(value);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the memory", () => {
  it("lets the least recently used go when it is full", async () => {
    const tier = memoryTier(3 * (512 + 100));
    const keys = freshKeys(4);
    const [first = ""] = keys;
    for (const key of keys) {
      await tier.setMany([{ key, value: new Uint8Array(100) }]);
      await tier.getMany([first]);
    }
    expect((await tier.getMany(keys)).map((value) => value !== undefined)).toEqual([true, false, true, true]);
  });
});

describe.each([
  ["colo", (tierSeconds: number) => coloTier(freshOrigin(), tierSeconds)],
  ["redis", (tierSeconds: number) => redisTier(redis(), tierSeconds)],
] as const)("the tier %s", (_, open) => {
  it("forgets after its own time or the entry's, whichever is over first", async () => {
    const [short, long] = [open(1), open(DAY)];
    const [a = "", b = "", c = ""] = freshKeys(3);
    await short.setMany([{ key: a, value: bytes("a"), ttlSeconds: DAY }]);
    await long.setMany([{ key: b, value: bytes("b"), ttlSeconds: 1 }]);
    await long.setMany([{ key: c, value: bytes("c") }]);
    expect([...(await short.getMany([a])), ...(await long.getMany([b, c]))].map(textOf)).toEqual(["a", "b", "c"]);
    await sleep(2100);
    expect(await short.getMany([a])).toEqual([undefined]);
    expect((await long.getMany([b, c])).map(textOf)).toEqual([undefined, "c"]);
  });
});

describe("the colo", () => {
  it("is passed by in calls of more keys than a request may look up", async () => {
    const tier = coloTier(freshOrigin(), DAY);
    const keys = freshKeys(COLO_KEYS_PER_CALL + 1);
    const entries = keys.map((key) => ({ key, value: bytes(key) }));
    await tier.setMany(entries);
    expect(await tier.getMany(keys.slice(0, 1))).toEqual([undefined]);
    await tier.setMany(entries.slice(1));
    expect((await tier.getMany(keys.slice(1))).map(textOf)).toEqual(keys.slice(1));
    expect(await tier.getMany(keys)).toEqual(keys.map(() => undefined));
  });

  it("that fails has nothing", async () => {
    const tier = coloTier(freshOrigin(), DAY, { open: () => Promise.reject(new Error("no cache here")) });
    await tier.setMany([{ key: "a", value: bytes("a") }]);
    expect(await tier.getMany(["a", "b"])).toEqual([undefined, undefined]);
  });
});

describe("Redis", () => {
  it("with damaged values, and values of another kind, has nothing under their keys", async () => {
    const direct = new Redis({ url: env.REDIS_URL as string, token: env.REDIS_TOKEN as string });
    const tier = redisTier(redis(), DAY);
    const [good = "", damaged = "", list = "", absent = ""] = freshKeys(4);
    await tier.setMany([{ key: good, value: bytes("good") }]);
    await direct.set(damaged, "%%% no base64");
    await direct.rpush(list, "a");
    expect((await tier.getMany([damaged, good, list, absent])).map(textOf)).toEqual([
      undefined,
      "good",
      undefined,
      undefined,
    ]);
  });

  it("that is away has nothing", async () => {
    const tier = redisTier(createRedis({ REDIS_URL: "http://127.0.0.1:1", REDIS_TOKEN: "x" }), DAY);
    await tier.setMany([{ key: "a", value: bytes("a") }]);
    expect(await tier.getMany(["a", "b"])).toEqual([undefined, undefined]);
  });
});
