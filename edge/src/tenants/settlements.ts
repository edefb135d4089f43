/**
 * Ends of calls on their way to Redis. They travel with whatever the request writes behind its answer, or else with the
 * isolate's next admission, ahead of it, or alone after 20 ms: of a busy isolate's two calls to Redis for a cached answer one
 * is left.
 *
 * For 20 ms at most other isolates count a call that is over as one in progress, and the metering of these calls is lost with
 * an isolate that dies meanwhile. To this isolate's own admissions nothing is late.
 */
import { delay } from "@sightline/shared/delay";
import type { Work } from "@sightline/shared/limits";
import type { RedisClient } from "../redis.ts";
import { type Call, settle } from "./limiter.ts";

/** Less than the time of a few calls one after the other: who stays below a plan's calls in progress must not be refused. */
const DELAY_MS = 20;
/** A request that was cancelled while it waited does not send: after this time another one takes its place. */
const LOST_MS = 1000;

interface Ended {
  readonly call: Call;
  /** Nothing, if the call failed. */
  readonly done: Work;
  readonly at: number;
}

/** Lives as long as the isolate. */
export class Settlements {
  #ended: Ended[] = [];
  #waitingSince = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#ended.length;
  }

  /** @returns when it and what came after it has been sent, if no other request of the isolate is about to do so. */
  async add(ended: Ended, redis: RedisClient): Promise<void> {
    this.#ended.push(ended);
    if (redis.isAsking) return this.send(redis);
    if (this.#now() - this.#waitingSince < LOST_MS) return;
    this.#waitingSince = this.#now();
    await delay(DELAY_MS);
    this.#waitingSince = Number.NEGATIVE_INFINITY;
    await this.send(redis);
  }

  /** With what else the request asks Redis in this turn. Never rejects. */
  async send(redis: RedisClient): Promise<void> {
    const ended = this.#ended;
    this.#ended = [];
    await Promise.all(ended.map(({ call, done, at }) => settle(redis, call, done, at)));
  }
}
