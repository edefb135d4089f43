/**
 * Until when the signed call has time on whose behalf we run. It goes along by itself, as a span does, so that the vector
 * store, whose port knows no calls, stops when the caller has been told that the time was over: a write that came later
 * would replace a newer one that was acknowledged meanwhile.
 */
import { AsyncLocalStorage } from "node:async_hooks";

const deadlines = new AsyncLocalStorage<number>();

/** @param deadlineAt on the process's own monotonic clock, as `performance.now` gives it. */
export const withDeadline = <T>(deadlineAt: number, work: () => T): T => deadlines.run(deadlineAt, work);

/** @returns whole milliseconds, less than 0 when it is over; Infinity where no call is being answered. */
export const callMsLeft = (): number =>
  Math.floor((deadlines.getStore() ?? Number.POSITIVE_INFINITY) - performance.now());
