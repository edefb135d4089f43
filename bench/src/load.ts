/** A closed load of a fixed size, and what several runs of it say together. */

import type { BenchOptions } from "./bench.ts";

/** Enough for one full batch in the engine and the next one waiting (the service's largest batch is 32). */
export const CALLERS = 64;

/** @returns about `seconds` of work at this rate, in whole turns of all callers: no batch at the end is a small one. */
export const pictureCount = (perSecond: number, seconds: number): number =>
  CALLERS * Math.ceil((perSecond * seconds) / CALLERS);

/**
 * Sends the first `count` pictures (over again when there are fewer), `CALLERS` calls at any time. The work is fixed, not
 * the time: answers come by the batch, and where a clock cut the last one off would decide some per cent.
 * @returns pictures per second, from the first call to the last answer.
 * @throws what `send` throws: a picture without an answer is no result.
 */
export async function drive<T>(
  pictures: readonly T[],
  count: number,
  send: (picture: T) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  async function caller(): Promise<void> {
    while (next < count) await send(pictures[next++ % pictures.length] as T);
  }
  const from = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return count / ((performance.now() - from) / 1000);
}

/** @param values at least one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

export interface Compared {
  readonly value: number;
  readonly against: number;
  readonly ratio: number;
}

/**
 * Measures the two sides in turn, so that what else the machine does meets both.
 * @returns the medians of the rates, and the median of the rounds' own ratios.
 */
export async function compare(
  { rounds, say }: Pick<BenchOptions, "rounds" | "say">,
  against: () => Promise<number>,
  value: () => Promise<number>,
): Promise<Compared> {
  const laps: Compared[] = [];
  for (let round = 1; round <= rounds; round++) {
    const other = await against();
    const own = await value();
    laps.push({ value: own, against: other, ratio: own / other });
    say(`round ${round}: ${own.toFixed(2)} against ${other.toFixed(2)} images/s`);
  }
  return {
    value: median(laps.map((lap) => lap.value)),
    against: median(laps.map((lap) => lap.against)),
    ratio: median(laps.map((lap) => lap.ratio)),
  };
}
