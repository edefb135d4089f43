/**
 * Walks a scope of any size in slices of bounded size. zvec returns rows in no order, 100 000 at most, and converting
 * them blocks the event loop. But point ids are hashes, evenly spread, so the ids that begin with one of a few prefixes
 * («buckets») are a slice of known expected size, and the slices in turn give the whole in ascending order of ids.
 */

export const BUCKET_DIGITS = 2;
export const BUCKETS: readonly string[] = Array.from({ length: 16 ** BUCKET_DIGITS }, (_, i) =>
  i.toString(16).padStart(BUCKET_DIGITS, "0"),
);
/** Rows that a slice should hold: some 10 ms of conversion with their metadata. */
const SLICE_ROWS = 2000;

/** Reads one slice; the whole scope if `buckets` is absent. */
export type ReadSlice<T> = (buckets?: readonly string[]) => Promise<T[]>;

interface SliceOptions {
  /** An upper bound of the number of rows in all; decides how wide the first slice is. */
  readonly atMost: number;
  /** About how many rows a slice should hold. */
  readonly rows?: number;
  /** The bucket to begin with. */
  readonly first?: string | undefined;
}

/** Yields the rows slice by slice, ascending; within a slice as read. */
export async function* slices<T>(
  read: ReadSlice<T>,
  { atMost, rows = SLICE_ROWS, first }: SliceOptions,
): AsyncGenerator<T[]> {
  let from = first === undefined ? 0 : BUCKETS.indexOf(first);
  let width = widthFor(rows, atMost / BUCKETS.length);
  while (from < BUCKETS.length) {
    const buckets = BUCKETS.slice(from, from + width);
    const slice = await read(buckets.length === BUCKETS.length ? undefined : buckets);
    yield slice;
    from += width;
    // A scope that is a small part of its space turns out sparser than assumed. Widening by no more than 4 at a time
    // keeps a slice that was empty by chance from leading to a huge one.
    width = Math.min(4 * width, widthFor(rows, slice.length / buckets.length));
  }
}

const widthFor = (rows: number, rowsPerBucket: number): number =>
  Math.max(1, Math.min(BUCKETS.length, Math.floor(rows / Math.max(rowsPerBucket, 1e-9))));
