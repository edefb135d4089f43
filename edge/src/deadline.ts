/** How long a request may still wait for the backend. One per request; every backend call waits on its signal. */
export interface Deadline {
  readonly signal: AbortSignal;
  remainingMs(): number;
}

export function deadlineIn(ms: number, now: () => number = Date.now): Deadline {
  const end = now() + ms;
  const remainingMs = () => end - now();
  let signal: AbortSignal | undefined;
  return {
    // Made when it is asked for: most requests are answered from a cache, and a signal brings a timer along.
    get signal() {
      signal ??= AbortSignal.timeout(Math.max(0, remainingMs()));
      return signal;
    },
    remainingMs,
  };
}
