/** How long to wait before the next try. */

/** Tries in a row that bring no progress. With the waits below, about 10 s go by before a pull gives up. */
export const MAX_FAILURES = 5;

const BASE_MS = 1000;
const CAP_MS = 20_000;

/** A server that asks for more than this is not waited for. */
export const MAX_RETRY_AFTER_MS = 120_000;

/**
 * Exponential with jitter over its upper half, so that replicas that failed together do not come back together.
 * @param failures in a row, from 1.
 * @param random in [0, 1).
 */
export function backoffMs(failures: number, random: () => number): number {
  const full = Math.min(CAP_MS, BASE_MS * 2 ** (failures - 1));
  return full / 2 + (full / 2) * random();
}

/**
 * `Retry-After` is a number of seconds or an HTTP date (RFC 9110, 10.2.3).
 * @param now milliseconds since the epoch.
 * @returns undefined if there is none, or none that can be read.
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
