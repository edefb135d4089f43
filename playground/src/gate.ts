/** Lets at most so many pieces of work run at once; the rest wait in the order they came. */

export type Gate = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** Work whose signal is aborted while it waits never starts: the call rejects with the signal's reason. */
export function createGate(width: number): Gate {
  let free = width;
  const waiting: (() => void)[] = [];

  async function enter(): Promise<void> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }

  return async (work, signal) => {
    await enter();
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      leave();
    }
  };
}
