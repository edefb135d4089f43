/** One pair as a row of a batch: the picture's bytes, then the prompt's ids. */
import type { Row } from "../../inference/worker-link.ts";

/**
 * A batch is as long as its longest prompt. With 900 tokens of picture beside it, a prompt of 128 tokens costs 10 % more than
 * one of 12, but one of 1024 nearly three times as much: so the longer ones run alone (docs/decisions/0013).
 */
export const LONG_PROMPT = 128;

export function rowOf(rgb: Uint8Array, ids: Int32Array): Uint8Array {
  const row = new Uint8Array(rgb.length + ids.byteLength);
  row.set(rgb);
  row.set(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength), rgb.length);
  return row;
}

/** @param pictureBytes of each row. */
export function byLength(rows: readonly Row[], pictureBytes: number): readonly (readonly Row[])[] {
  const isLong = (row: Row): boolean => row.byteLength > pictureBytes + 4 * LONG_PROMPT;
  const short = rows.filter((row) => !isLong(row));
  return [...(short.length > 0 ? [short] : []), ...rows.filter(isLong).map((row) => [row])];
}
