/** How far the copying into a new place has come: kept in Redis, so that whoever goes on begins where another one stopped. */
import { LeftBehind } from "@sightline/shared/api/migrations";
import type { CollectionName, TenantId } from "@sightline/shared/ids";
import { redisKeys } from "@sightline/shared/tenants";
import { z } from "zod";
import { orUnavailable } from "../or-unavailable.ts";
import type { RedisClient } from "../redis.ts";

/** How many items that were left behind are remembered by name. */
const REMEMBERED = 100;

const Progress = z.object({
  /** Of the page that comes next; absent before the first one. */
  cursor: z.string().optional(),
  isDone: z.boolean(),
  seen: z.number().int(),
  copied: z.number().int(),
  leftBehind: z.number().int(),
  remembered: z.array(LeftBehind),
});
export type Progress = z.infer<typeof Progress>;

export const NOTHING_YET: Progress = { isDone: false, seen: 0, copied: 0, leftBehind: 0, remembered: [] };

export interface CopiedPage {
  readonly seen: number;
  readonly copied: number;
  readonly leftBehind: readonly LeftBehind[];
  readonly next: string | undefined;
}

export const advanced = (progress: Progress, page: CopiedPage): Progress => ({
  cursor: page.next,
  isDone: page.next === undefined,
  seen: progress.seen + page.seen,
  copied: progress.copied + page.copied,
  leftBehind: progress.leftBehind + page.leftBehind.length,
  remembered: [...progress.remembered, ...page.leftBehind].slice(0, REMEMBERED),
});

/** Of one place. Every method throws ApiError(store_unavailable) if Redis is away. */
export class ProgressRecord {
  readonly #redis: RedisClient;
  readonly #key: string;

  constructor(redis: RedisClient, tenant: TenantId, scope: CollectionName) {
    this.#redis = redis;
    this.#key = redisKeys.copying(tenant, scope);
  }

  async read(): Promise<Progress> {
    const [text = null] = await asking(() => this.#redis.latest([this.#key]));
    return text === null ? NOTHING_YET : Progress.parse(JSON.parse(text));
  }

  async write(progress: Progress): Promise<void> {
    await asking(() => this.#redis.set(this.#key, JSON.stringify(progress)));
  }

  async delete(): Promise<void> {
    await asking(() => this.#redis.del(this.#key));
  }
}

const asking = <T>(command: () => Promise<T>): Promise<T> =>
  orUnavailable(command, { message: "The state of the migration cannot be reached." });
