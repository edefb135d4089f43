/** Splits what is to be written into requests that a server takes: Qdrant refuses bodies of more than 32 MB. */

/** By estimate; small enough that a batch is a matter of a second, large enough that its overhead does not matter. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** In order. A single one that is larger goes alone. */
export function* batches<T extends { readonly bytes: number }>(all: readonly T[]): Generator<T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const one of all) {
    if (batch.length > 0 && bytes + one.bytes > BATCH_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(one);
    bytes += one.bytes;
  }
  if (batch.length > 0) yield batch;
}
