import { redisKeys } from "@sightline/shared/tenants";
import { beforeEach, describe, expect, it } from "vitest";
import { createRedis, type RedisClient } from "../redis.ts";
import { env, setMode } from "../testing/client.ts";
import { Counts } from "./counts.ts";

const redisAt = (url: string): RedisClient => createRedis({ REDIS_URL: url, REDIS_TOKEN: String(env.REDIS_TOKEN) });
const redis = (): RedisClient => redisAt(String(env.REDIS_URL));

/** A label of its own for each test: they share one Redis. */
let origin: string;
let now: number;
let counts: Counts;
beforeEach(() => {
  origin = `test-${crypto.randomUUID()}`;
  now = 1_000_000;
  counts = new Counts(() => now);
});

const count = (by?: number): void => counts.count("breakerOpened", { origin }, by);
const told = async (): Promise<number> => Number(await redis().hget(redisKeys.counts, `breakerOpened|${origin}`));

describe("what an isolate has counted", () => {
  it("is added up with what others have", async () => {
    const other = new Counts();
    count();
    count(2);
    other.count("breakerOpened", { origin }, 4);
    await Promise.all([counts.tell(redis()), other.tell(redis())]);
    expect(await told()).toBe(7);
  });

  it("is told every ten seconds at most", async () => {
    count();
    await counts.tell(redis());
    count();
    now += 9999;
    await counts.tell(redis());
    expect(await told()).toBe(1);
    now += 1;
    await counts.tell(redis());
    expect(await told()).toBe(2);
  });

  it("waits while Redis is away, and is added once when it is back", async () => {
    const away = redisAt("http://127.0.0.1:1");
    for (let i = 0; i < 5; i++) {
      count();
      await counts.tell(away);
      now += 10_000;
    }
    expect(await told()).toBe(0);
    for (let i = 0; i < 3; i++) {
      await counts.tell(redis());
      now += 10_000;
    }
    expect(await told()).toBe(5);
  });

  it("is added once, also if only the answer got lost", async () => {
    const deaf: Pick<RedisClient, "evaluate"> = {
      async evaluate(...call) {
        await redis().evaluate(...call);
        throw new Error("the answer got lost");
      },
    };
    count();
    await counts.tell(deaf as RedisClient);
    count();
    for (let i = 0; i < 2; i++) {
      now += 10_000;
      await counts.tell(redis());
    }
    expect(await told()).toBe(2);
  });

  it("never holds up or fails a request for a Redis that answers nonsense", async () => {
    await setMode(String(env.SWITCHED_REDIS_URL), "garbage");
    count();
    try {
      await expect(counts.tell(redisAt(String(env.SWITCHED_REDIS_URL)))).resolves.toBeUndefined();
    } finally {
      await setMode(String(env.SWITCHED_REDIS_URL), "up");
    }
  });

  it("adds observations to their bucket, an upper bound included, and their milliseconds to the sum", async () => {
    const route = `/${origin}`;
    for (const ms of [0, 1, 1.4, 250, 10_000, 10_001]) counts.observe("requestDuration", { route }, ms);
    await counts.tell(redis());
    const fields = await redis().hgetall(redisKeys.counts);
    const mine = Object.entries(fields).filter(([series]) => series.includes(origin));
    expect(Object.fromEntries(mine.map(([series, value]) => [series.split("|")[2], Number(value)]))).toEqual({
      "le=0.001": 2,
      "le=0.0025": 1,
      "le=0.25": 1,
      "le=10": 1,
      "le=+Inf": 1,
      ms: 20_253,
    });
  });
});
