/** Splits long lists into calls of the size that the API takes, and keeps several of them under way. */
import { ApiError } from "./errors.ts";

/** What one call may carry; `batches.test.ts` holds the numbers to the API's own. */
export const CALL_LIMITS = {
  texts: 256,
  images: 64,
  /** Of JSON; less than the API's 20 MB, for what is around the inputs. */
  bytes: 16 * 2 ** 20,
} as const;

export interface Load {
  readonly texts: number;
  readonly images: number;
  readonly bytes: number;
}

/** Groups what comes, in its order, so that no group is more than one call may carry. A single one that is stays alone. */
export async function* batchesOf<T>(
  source: Iterable<T> | AsyncIterable<T>,
  loadOf: (item: T) => Load,
): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  let load: Load = { texts: 0, images: 0, bytes: 0 };
  for await (const item of source) {
    const own = loadOf(item);
    const sum = { texts: load.texts + own.texts, images: load.images + own.images, bytes: load.bytes + own.bytes };
    const fits = sum.texts <= CALL_LIMITS.texts && sum.images <= CALL_LIMITS.images && sum.bytes <= CALL_LIMITS.bytes;
    if (fits || batch.length === 0) {
      batch.push(item);
      load = sum;
    } else {
      yield batch;
      batch = [item];
      load = own;
    }
  }
  if (batch.length > 0) yield batch;
}

/**
 * Works on at most `concurrency` things at a time and gives the results in the order of the source, which is read no faster
 * than the work goes.
 *
 * @throws the first failure in that order, or the source's own; what is under way is then given up: `work` gets a signal.
 */
export async function* mapInOrder<T, R>(
  source: AsyncIterable<T>,
  concurrency: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R> {
  const giveUp = new AbortController();
  const either = signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal;
  const underWay: Promise<R>[] = [];
  try {
    for await (const item of source) {
      const result = work(item, either);
      // Awaited in its turn; should an earlier one fail first, this must not become an unhandled rejection.
      result.catch(() => undefined);
      underWay.push(result);
      if (underWay.length >= concurrency) yield (await underWay.shift()) as R;
    }
    while (underWay.length > 0) yield (await underWay.shift()) as R;
  } finally {
    giveUp.abort();
  }
}

/**
 * Sends a batch; where the caller's plan allows less than the API does, sends its halves. A call that is refused for its
 * size has done nothing and costs nothing.
 *
 * @param send is told the place of its first item in the batch.
 */
export async function sendInHalves<T, R>(
  batch: readonly T[],
  send: (part: readonly T[], from: number) => Promise<R>,
  from = 0,
): Promise<readonly R[]> {
  try {
    return [await send(batch, from)];
  } catch (error) {
    if (batch.length === 1 || !isTooLarge(error)) throw error;
    const middle = Math.ceil(batch.length / 2);
    return [
      ...(await sendInHalves(batch.slice(0, middle), send, from)),
      ...(await sendInHalves(batch.slice(middle), send, from + middle)),
    ];
  }
}

export const isTooLarge = (error: unknown): error is ApiError =>
  error instanceof ApiError && (error.code === "too_many_inputs" || error.status === 413);
