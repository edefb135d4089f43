import { afterEach, describe, expect, it, vi } from "vitest";
import { configFrom } from "./env.ts";
import { createRedis, type RedisClient } from "./redis.ts";
import { env } from "./testing/client.ts";
import { recordCalls } from "./testing/record-calls.ts";

const fresh = (): string => `sl:test:${crypto.randomUUID()}`;

afterEach(() => void vi.restoreAllMocks());

describe("Redis commands", () => {
  const redis: RedisClient = createRedis(configFrom(env));

  it("of one turn share a round trip, reads and writes, in their order", async () => {
    const calls = recordCalls();
    const key = fresh();
    const late = Promise.resolve().then(() => redis.get(key));
    const all = await Promise.all([
      redis.get(key),
      redis.set(key, "1"),
      redis.mget(key, fresh()),
      redis.del(key),
      late,
    ]);
    expect(all).toEqual([null, undefined, ["1", null], 1, null]);
    expect(calls).toHaveLength(1);
  });

  it("fail alone where Redis refuses them", async () => {
    const key = fresh();
    const [set, failed, got] = await Promise.allSettled([
      redis.set(key, "text"),
      redis.command("INCR", key),
      redis.get(key),
    ]);
    expect(set).toMatchObject({ status: "fulfilled" });
    expect(failed).toMatchObject({ status: "rejected" });
    expect(got).toEqual({ status: "fulfilled", value: "text" });
  });

  it("that are too large for one body are divided, still in their order", async () => {
    const calls = recordCalls();
    const keys = Array.from({ length: 5 }, fresh);
    const large = "x".repeat(400_000);
    await Promise.all([...keys.map((key) => redis.set(key, large, { ex: 60 })), redis.del(...keys)]);
    expect(calls.map((commands) => commands.length)).toEqual([2, 2, 2]);
    expect(await redis.command("EXISTS", ...keys)).toBe(0);
  });

  it.each([
    ["no JSON", "<html>secret</html>"],
    ["JSON of another shape", `{"result":"secret"}`],
    ["too few replies", "[]"],
    ["an error", `{"error":"ERR"}`, 500],
  ])("fail where the answer is %s, and do not repeat what was sent or received", async (_, body, status = 200) => {
    vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(body, { status }));
    const failure = redis.set("sl:key", "secret");
    await expect(failure).rejects.toThrow("Redis");
    await expect(failure).rejects.not.toThrow("secret");
  });

  it("know what the client and the isolate knew before: each call takes along the token of the last answer", async () => {
    const sent: (string | null)[] = [];
    const answered: (string | null)[] = [];
    const real = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      sent.push(new Headers(init?.headers).get("upstash-sync-token"));
      const answer = await real(input, init);
      answered.push(answer.headers.get("upstash-sync-token"));
      return answer;
    });
    const session = { syncToken: null };
    const first = createRedis(configFrom(env), session);
    await first.set(fresh(), "1");
    await first.transaction([["SET", fresh(), "1"]]);
    await createRedis(configFrom(env), session).get(fresh());
    await first.get(fresh());
    expect(answered).not.toContain(null);
    expect(sent).toEqual([null, answered[0], answered[1], answered[1]]);
  });

  it("of a transaction do not repeat what was sent either", async () => {
    vi.spyOn(globalThis, "fetch").mockImplementation(
      async () => new Response(`{"error":"ERR no, command was: secret"}`, { status: 400 }),
    );
    const failure = redis.transaction([["SET", "sl:key", "secret"]]);
    await expect(failure).rejects.toThrow("ERR");
    await expect(failure).rejects.not.toThrow("secret");
  });
});
