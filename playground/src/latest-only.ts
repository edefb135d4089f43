/** Runs one piece of work at a time: a newer one cancels the older, and quick successions are waited out. */

export interface LatestOnly<T> {
  /** Runs once no newer call has come for the delay. */
  soon(input: T): void;
  now(input: T): void;
  cancel(): void;
}

/**
 * @param work gets a signal that is aborted as soon as a newer call or `cancel` comes. It settles its own errors:
 * a rejection is nobody's to catch and surfaces as an unhandled one.
 */
export function latestOnly<T>(work: (input: T, signal: AbortSignal) => Promise<void>, delayMs: number): LatestOnly<T> {
  let running = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function cancel(): void {
    clearTimeout(timer);
    running.abort();
  }

  function now(input: T): void {
    cancel();
    running = new AbortController();
    void work(input, running.signal);
  }

  return {
    cancel,
    now,
    soon(input) {
      clearTimeout(timer);
      timer = setTimeout(now, delayMs, input);
    },
  };
}
