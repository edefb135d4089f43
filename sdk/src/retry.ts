/** Which failures are worth another try, and how long to wait before it. */
import { ApiError, ConnectionError, NotFoundError } from "./errors.ts";

/** The API is asked again later than this by the caller, not by us: a month's quota takes weeks to come back. */
const LONGEST_WAIT_MS = 60_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8000;

/**
 * Every call may be repeated: reads change nothing, and writes carry an idempotency key.
 *
 * @param failures how often the call has failed so far, this time included.
 * @param random uniform in [0, 1).
 * @returns milliseconds; undefined if another try is no use.
 */
export function retryDelay(error: unknown, failures: number, random: () => number): number | undefined {
  if (!isTransient(error)) return undefined;
  const backoffMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)) * (0.5 + 0.5 * random());
  if (!(error instanceof ApiError) || error.retryAfterMs === null) return backoffMs;
  if (error.retryAfterMs > LONGEST_WAIT_MS) return undefined;
  // A little later than asked, so that callers who were refused together do not come back together.
  const toldMs = error.retryAfterMs * (1 + 0.1 * random());
  return isHeldByEarlierTry(error) ? Math.max(toldMs, backoffMs) : toldMs;
}

function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError || isHeldByEarlierTry(error)) return true;
  return error instanceof ApiError && (error.status === 408 || error.status === 429 || error.status >= 500);
}

/** Nobody knows what a try that ended so has done. */
export const mayHaveBeenDone = (error: unknown): boolean =>
  error instanceof ConnectionError || (error instanceof ApiError && error.status >= 500);

/** In the API's own words: the page of a proxy, or an API that has no such route, says nothing of the thing. */
export const isGone = (error: unknown): boolean =>
  error instanceof NotFoundError && error.code !== null && error.code !== "not_found";

/** Idempotency keys are ours alone: what is in progress is an earlier try of the same call. */
export const isHeldByEarlierTry = (error: unknown): boolean =>
  error instanceof ApiError && error.code === "idempotency_in_progress";
