/** Which metadata the results can be narrowed by: fields of few values, counted. */
import { isScalar, type Scalar } from "./state.ts";

export interface Facet {
  readonly field: string;
  readonly value: Scalar;
  readonly count: number;
}

/** More values than this are names or numbers of their own, not groups. */
const MAX_VALUES = 8;

/** A row of chips, not a catalogue. */
const MAX_FACETS = 12;

/** A key that a filter can name: one segment of the contract's `Field`, for a dot in it reaches into objects. */
const isNameable = (field: string): boolean => /^[\p{L}\p{N}_-]+$/u.test(field) && field.length <= 128;

/**
 * Fields with two to eight values, at least one of which several results share; the commonest values first.
 * @param results only their metadata is looked at; lists and objects in it are passed by.
 */
export function facetsOf(
  results: readonly { readonly metadata?: Readonly<Record<string, unknown>> }[],
): readonly Facet[] {
  const fields = new Map<string, Map<Scalar, number>>();
  for (const { metadata } of results) {
    for (const [field, value] of Object.entries(metadata ?? {})) {
      if (!isScalar(value) || value === "" || !isNameable(field)) continue;
      const counts = fields.get(field) ?? new Map<Scalar, number>();
      fields.set(field, counts.set(value, (counts.get(value) ?? 0) + 1));
    }
  }
  return [...fields]
    .filter(([, counts]) => counts.size >= 2 && counts.size <= MAX_VALUES && Math.max(...counts.values()) >= 2)
    .flatMap(([field, counts]) => [...counts].map(([value, count]) => ({ field, value, count })))
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_FACETS);
}
