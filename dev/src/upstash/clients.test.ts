/** The clients that the worker uses, unmodified, against both backings. */
import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startUpstash } from "./server.ts";
import { memoryBacking, redisBacking } from "./testing.ts";

const token = "a token of the tests";

for (const { name, open, isAbsent } of [memoryBacking, redisBacking]) {
  describe.skipIf(isAbsent)(name, () => {
    const opened: { close(): Promise<void> }[] = [];
    let redis: Redis;

    beforeAll(async () => {
      const backing = await open();
      const server = await startUpstash({ port: 0, token, backing: backing.options });
      opened.push(server, backing);
      redis = new Redis({ url: server.url, token, enableAutoPipelining: true, retry: false });
    });
    afterEach(async () => {
      await redis.flushall();
    });
    afterAll(async () => {
      for (const each of opened) await each.close();
    });

    describe("@upstash/redis", () => {
      it("sends the commands of one tick as one pipeline", async () => {
        await redis.set("tenant", { plan: "free" });
        const before = pipelineCount(redis);
        const results = await Promise.all([
          redis.get("tenant"),
          redis.mget("tenant", "missing"),
          redis.exists("tenant"),
        ]);
        expect(results).toEqual([{ plan: "free" }, [{ plan: "free" }, null], 1]);
        expect(pipelineCount(redis)).toBe(before + 1);
      });

      it("writes and reads many cache entries with an expiry", async () => {
        const entries = Array.from({ length: 256 }, (_, i) => [`embedding:${i}`, `vector ${i}`] as const);
        await Promise.all(entries.map(([key, vector]) => redis.set(key, vector, { ex: 60 })));
        expect(await redis.mget(entries.map(([key]) => key))).toEqual(entries.map(([, vector]) => vector));
        expect(await redis.ttl("embedding:0")).toBeGreaterThan(50);
      });

      it("keeps records in a hash", async () => {
        await redis.hset("collections", { pets: { model: "m" }, cars: { model: "n" } });
        expect(await redis.hgetall("collections")).toEqual({ pets: { model: "m" }, cars: { model: "n" } });
        expect(await redis.hdel("collections", "pets")).toBe(1);
        expect(await redis.hget("collections", "pets")).toBeNull();
        expect(await redis.hgetall("missing")).toBeNull();
      });

      it("claims a key once", async () => {
        const claims = await Promise.all([1, 2, 3].map((who) => redis.set("claim", who, { nx: true, ex: 60 })));
        expect(claims).toEqual(["OK", null, null]);
      });

      it("runs a transaction", async () => {
        const results = await redis.multi().set("n", 1).incrby("n", 4).hset("h", { f: "v" }).hgetall("h").exec();
        expect(results).toEqual(["OK", 5, 1, { f: "v" }]);
      });

      it("runs none of a transaction that cannot run whole", async () => {
        const transaction = redis.multi();
        transaction.set("n", 1);
        transaction.exists();
        await expect(transaction.exec()).rejects.toThrow("EXECABORT");
        expect(await redis.get("n")).toBeNull();
      });

      it("tells which command of a pipeline failed and keeps the others' results", async () => {
        const pipeline = redis.pipeline();
        pipeline.set("text", "word");
        pipeline.incr("text");
        pipeline.get("text");
        const [first, second, third] = await pipeline.exec<[string, number, string]>({ keepErrors: true });
        expect(first.result).toBe("OK");
        expect(second.error).toBe("ERR value is not an integer or out of range");
        expect(third.result).toBe("word");
      });

      it("finds keys by pattern", async () => {
        await redis.mset({ "t:1:a": 1, "t:1:b": 2, "t:2:a": 3 });
        const [cursor, keys] = await redis.scan("0", { match: "t:1:*", count: 100 });
        expect(cursor).toBe("0");
        expect(keys.toSorted()).toEqual(["t:1:a", "t:1:b"]);
      });

      it("loads a script and runs it by its digest", async () => {
        const script = '#!lua flags=allow-key-locking\nreturn redis.call("INCRBY", KEYS[1], ARGV[1])';
        const sha = await redis.scriptLoad(script);
        expect(await redis.scriptExists(sha, "0".repeat(40))).toEqual([1, 0]);
        expect(await redis.evalsha(sha, ["n"], ["5"])).toBe(5);
        await redis.scriptFlush();
        await expect(redis.evalsha(sha, ["n"], ["5"])).rejects.toThrow("NOSCRIPT");
      });

      it("runs a script by its digest once it was sent in full, flags and all", async () => {
        const script = redis.createScript<number>("#!lua flags=allow-key-locking\nreturn #ARGV");
        expect(await script.exec([], ["a", "b"])).toBe(2);
        expect(await script.evalsha([], ["a"])).toBe(1);
      });

      it("gives back every text it was given", async () => {
        const text = fc.string({ unit: "binary" });
        const property = fc.asyncProperty(text, text, async (key, value) => {
          await redis.hset("texts", { [key]: JSON.stringify(value) });
          expect(await redis.hget("texts", key)).toBe(value);
        });
        await fc.assert(property, { numRuns: 50 });
      });
    });

    describe("@upstash/ratelimit", () => {
      const limiter = (prefix: string, limiting: ReturnType<typeof Ratelimit.fixedWindow>): Ratelimit =>
        new Ratelimit({ redis, limiter: limiting, prefix, ephemeralCache: false });

      it("takes weights from a token bucket and refuses what does not fit", async () => {
        const bucket = limiter("bucket", Ratelimit.tokenBucket(10, "1 h", 20));
        expect(await bucket.limit("tenant", { rate: 15 })).toMatchObject({ success: true, limit: 20, remaining: 5 });
        expect(await bucket.limit("tenant", { rate: 6 })).toMatchObject({ success: false });
        expect(await bucket.limit("tenant", { rate: 5 })).toMatchObject({ success: true, remaining: 0 });
        expect(await bucket.limit("another", { rate: 1 })).toMatchObject({ success: true, remaining: 19 });
        expect(await bucket.getRemaining("tenant")).toMatchObject({ remaining: 0, limit: 20 });
      });

      it("lets a token bucket go when it is full again", async () => {
        const bucket = limiter("expiring", Ratelimit.tokenBucket(10, "1 h", 20));
        await bucket.limit("tenant", { rate: 15 });
        const [key] = await redis.keys("expiring:*");
        expect(await redis.pttl(key ?? "")).toBeGreaterThan(3_600_000);
      });

      it("counts to its limit in a fixed window", async () => {
        const window = limiter("fixed", Ratelimit.fixedWindow(3, "30 d"));
        const outcomes = [];
        for (let call = 0; call < 4; call++) outcomes.push((await window.limit("tenant")).success);
        expect(outcomes).toEqual([true, true, true, false]);
      });

      it("counts to its limit in a sliding window of many days", async () => {
        const window = limiter("sliding", Ratelimit.slidingWindow(3, "25 d"));
        const outcomes = [];
        for (let call = 0; call < 4; call++) outcomes.push((await window.limit("tenant")).success);
        expect(outcomes).toEqual([true, true, true, false]);
        const [key] = await redis.keys("sliding:*");
        expect(await redis.pttl(key ?? "")).toBeGreaterThan(49 * 86_400_000);
      });

      it("starts afresh after a reset", async () => {
        const window = limiter("reset", Ratelimit.fixedWindow(1, "1 h"));
        await window.limit("tenant");
        await window.resetUsedTokens("tenant");
        expect(await window.limit("tenant")).toMatchObject({ success: true });
      });
    });
  });
}

function pipelineCount(redis: Redis): number {
  return (redis as unknown as { readonly pipelineCounter: number }).pipelineCounter;
}
