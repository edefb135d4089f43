/**
 * Calls that write or delete the same item take turns. An item lies in several places, which are written one after the other: the
 * point, its picture, the mirror. Two calls at once could leave each with another one's, for good.
 */
import { delay } from "@sightline/shared/delay";
import { ApiError } from "@sightline/shared/errors";
import type { ItemId } from "@sightline/shared/ids";
import { LEASE_MS } from "../deadline.ts";
import { orUnavailable } from "../or-unavailable.ts";
import type { RedisClient } from "../redis.ts";
import { RELEASE, Script } from "../redis-script.ts";

/** After each of these another try; then the caller is told to come back. */
const WAITS_MS = [50, 100, 200, 400, 800, 1600, 1600];

/** KEYS: items · ARGV: 1 owner · 2 lease in ms. Takes all of them or none. Returns whether it did; who has them already, did. */
const TAKE = new Script(`
for i = 1, #KEYS do
  local owner = redis.call('GET', KEYS[i])
  if owner and owner ~= ARGV[1] then return 0 end
end
for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2]) end
return 1
`);

export class Turns {
  readonly #redis: RedisClient;
  readonly #keyOf: (id: ItemId) => string;
  readonly #sleep: (ms: number) => Promise<void>;

  /** @param keyOf the item's name in Redis. */
  constructor(redis: RedisClient, keyOf: (id: ItemId) => string, sleep = delay) {
    this.#redis = redis;
    this.#keyOf = keyOf;
    this.#sleep = sleep;
  }

  /**
   * Does the work while no other call writes one of these items.
   * @throws ApiError(overloaded) if others take too long, ApiError(store_unavailable) if Redis is away; nothing was done then.
   */
  async take<T>(ids: readonly ItemId[], work: () => Promise<T>): Promise<T> {
    const keys = ids.map(this.#keyOf);
    const owner = crypto.randomUUID();
    const giveBack = () => this.#redis.evaluate(RELEASE, keys, [owner]).catch(() => undefined);
    const isOurs = await orUnavailable(() => this.#wait(keys, owner), {
      message: "It cannot be seen who else writes these items; nothing was changed.",
    }).catch(async (error: unknown) => {
      // Perhaps only the answer was lost: then the turn is ours, and the next who asks would wait until the lease ends.
      await giveBack();
      throw error;
    });
    if (!isOurs) {
      const message = "Another call is still writing one of these items.";
      throw new ApiError("overloaded", { message, retryAfterSeconds: 1 });
    }
    try {
      return await work();
    } finally {
      // Before the answer: the caller's next write must not meet this one.
      await giveBack();
    }
  }

  async #wait(keys: readonly string[], owner: string): Promise<boolean> {
    const take = () => this.#redis.did(TAKE, keys, [owner, LEASE_MS]);
    if (await take()) return true;
    for (const ms of WAITS_MS) {
      await this.#sleep(ms);
      if (await take()) return true;
    }
    return false;
  }
}
