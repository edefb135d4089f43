/** Runs at most so many pieces of work at a time; a bounded number of others wait in order, and may leave. */
import { ApiError } from "@sightline/shared/errors";

export interface Limits {
  readonly running: number;
  readonly waiting: number;
  /** Told of each that is turned away because the line is full. */
  readonly onFull?: () => void;
}

export type Limiter = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** @returns a limiter that throws ApiError(overloaded) when the line is full, and the signal's reason to who leaves it. */
export function limitConcurrency({ running: limit, waiting: maxWaiting, onFull }: Limits): Limiter {
  let running = 0;
  const line = new Set<() => void>();

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (running < limit) {
      running++;
      return;
    }
    if (line.size >= maxWaiting) {
      onFull?.();
      throw new ApiError("overloaded", { retryAfterSeconds: 1 });
    }
    const turn = Promise.withResolvers<void>();
    const leave = () => {
      line.delete(turn.resolve);
      turn.reject(signal.reason);
    };
    line.add(turn.resolve);
    signal.addEventListener("abort", leave, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  return async (signal, work) => {
    await enter(signal);
    try {
      return await work();
    } finally {
      // The place is handed on, not given back and raced for.
      const [next] = line;
      if (next) {
        line.delete(next);
        next();
      } else running--;
    }
  };
}
