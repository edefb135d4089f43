/**
 * What an isolate has counted and not yet told Redis, where the counts of all isolates are added up: nobody can scrape an
 * isolate. Counting costs a look-up in a map. It is told behind an answer, ten seconds after the last time at the earliest: what an
 * isolate has counted since, at most, dies with it. While Redis is away it waits, as no more than a number a series.
 */
import { redisKeys } from "@sightline/shared/tenants";
import type { RedisClient } from "../redis.ts";
import { Script } from "../redis-script.ts";
import type { COUNTERS, CounterId, HISTOGRAMS, HistogramId, LabelsOf } from "./metrics.ts";
import { counterSeries, histogramSeries } from "./series.ts";

const TELL_EVERY_MS = 10_000;
/** A Redis that was away for longer may count once more what it had counted before its answer got lost. */
const REMEMBERED_SECONDS = 3600;

/**
 * KEYS: counts (hash), mark that these were added · ARGV: 1 life of the mark in s · 2… pairs of series and increment
 * One command whatever it holds, and added once, however often it is told.
 */
const ADD = new Script(`
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[1]) then
  for i = 2, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return 1
`);

interface Batch {
  readonly id: string;
  readonly increments: readonly (string | number)[];
}

/** Lives as long as the isolate. */
export class Counts {
  #counted = new Map<string, number>();
  /** What Redis was told and has not acknowledged: told again, and never changed. */
  #told: Batch | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @param by a whole number. */
  count<I extends CounterId>(id: I, labels: LabelsOf<(typeof COUNTERS)[I]>, by = 1): void {
    if (by > 0) this.#add(counterSeries(id, labels), by);
  }

  observe<I extends HistogramId>(id: I, labels: LabelsOf<(typeof HISTOGRAMS)[I]>, ms: number): void {
    const [bucket, sum] = histogramSeries(id, labels, ms);
    this.#add(bucket, 1);
    this.#add(sum, Math.round(ms));
  }

  /** Tells Redis if it is time to, with what else the request asks it in this turn. Never rejects. */
  async tell(redis: RedisClient): Promise<void> {
    if (this.#now() - this.#toldAt < TELL_EVERY_MS || (!this.#told && this.#counted.size === 0)) return;
    this.#toldAt = this.#now();
    this.#told ??= this.#take();
    const batch = this.#told;
    const keys = [redisKeys.counts, redisKeys.countsAdded(batch.id)];
    try {
      await redis.evaluate(ADD, keys, [REMEMBERED_SECONDS, ...batch.increments]);
      if (this.#told === batch) this.#told = undefined;
    } catch {
      // Redis is away, and whoever asks it something of use hears of that.
    }
  }

  #take(): Batch {
    const increments = [...this.#counted].flat();
    this.#counted = new Map();
    return { id: crypto.randomUUID(), increments };
  }

  #add(series: string, by: number): void {
    this.#counted.set(series, (this.#counted.get(series) ?? 0) + by);
  }
}
