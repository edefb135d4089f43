import { LIMITS } from "@sightline/shared/limits";

/** What a call holds in Redis is free after so long if its isolate died; a living one ends by its deadline before. */
export const LEASE_MS = LIMITS.deadlineMs + 5000;

/** How long a request may still wait for the backend. One per request; every backend call waits on its signal. */
export interface Deadline {
  readonly signal: AbortSignal;
  remainingMs(): number;
}

export function deadlineIn(ms: number): Deadline {
  const end = Date.now() + ms;
  const remainingMs = () => end - Date.now();
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
