/**
 * Redis over REST, one client per request: commands issued in the same tick share one round trip, and no request waits
 * on another's I/O. Every call is bounded in time; failures are for the caller to survive.
 */
import { Redis } from "@upstash/redis/cloudflare";
import type { Config } from "./env.ts";

const TIMEOUT_MS = 1000;

export type RedisClient = Redis;

export function createRedis(config: Pick<Config, "REDIS_URL" | "REDIS_TOKEN">): RedisClient {
  return new Redis({
    url: config.REDIS_URL,
    token: config.REDIS_TOKEN,
    enableAutoPipelining: true,
    // Values are ours and parsed by us: the client would turn a digit string into a number.
    automaticDeserialization: false,
    enableTelemetry: false,
    retry: false,
    signal: () => AbortSignal.timeout(TIMEOUT_MS),
  });
}

/** The little of Redis that a plain stored value needs. */
export interface KeyValue {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
}

export const keyValue = (redis: RedisClient): KeyValue => ({
  get: (key) => redis.get<string>(key),
  set: (key, value) => redis.set(key, value),
});
