/**
 * Redis over REST, one client per request: commands that belong together share a round trip, and no request waits on
 * another's I/O. Every call is bounded in time; failures are for the caller to survive.
 */
import { Redis } from "@upstash/redis/cloudflare";
import type { Config } from "./env.ts";
import { sharingRoundTrips } from "./redis-round-trips.ts";

const TIMEOUT_MS = 1000;

type Address = Pick<Config, "REDIS_URL" | "REDIS_TOKEN">;

export class RedisClient extends Redis {
  constructor({ REDIS_URL, REDIS_TOKEN }: Address) {
    super({
      url: REDIS_URL,
      token: REDIS_TOKEN,
      enableAutoPipelining: false,
      // Values are ours and parsed by us: the client would turn a digit string into a number.
      automaticDeserialization: false,
      enableTelemetry: false,
      retry: false,
      signal: () => AbortSignal.timeout(TIMEOUT_MS),
    });
    this.client = sharingRoundTrips(this.client);
  }
}

export const createRedis = (address: Address): RedisClient => new RedisClient(address);

/** The little of Redis that a plain stored value needs. */
export interface KeyValue {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
}

export const keyValue = (redis: RedisClient): KeyValue => ({
  get: (key) => redis.get<string>(key),
  set: (key, value) => redis.set(key, value),
});
