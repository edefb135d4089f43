/** Much work in small pieces on the main thread, which lets everything else have its turn in between. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Other calls wait for so long at most, or for one piece, if that takes longer. */
const AT_A_TIME_MS = 5;

/**
 * @param now monotonic milliseconds.
 * @returns what became of each, in order. Up to 5 ms of work are done at once. @throws the signal's reason, or what `work` throws.
 */
export async function mapBreathing<In, Out>(
  items: readonly In[],
  work: (item: In) => Out,
  { now, signal }: { readonly now: () => number; readonly signal: AbortSignal },
): Promise<Out[]> {
  const done: Out[] = [];
  let since = now();
  for (const item of items) {
    if (now() - since >= AT_A_TIME_MS) {
      await nextTurn();
      signal.throwIfAborted();
      since = now();
    }
    done.push(work(item));
  }
  return done;
}
