/** How long a request may still wait for the backend. One per request; every backend call waits on its signal. */
export interface Deadline {
  readonly signal: AbortSignal;
  remainingMs(): number;
}

export function deadlineIn(ms: number, now: () => number = Date.now): Deadline {
  const end = now() + ms;
  return { signal: AbortSignal.timeout(ms), remainingMs: () => end - now() };
}
