/**
 * Our filter language in Qdrant's. It is asked of `metadata` as `filterable` (payload.ts) has prepared it: without nulls, and
 * with nothing but scalars and empty objects in lists. There Qdrant means what `matchesFilter` means:
 *
 * - a condition on a list holds if it holds for one element, a range with all its bounds at once;
 * - a missing field satisfies no `match` and no `range`, so that `must_not` of them holds;
 * - `is_empty` is true of a missing field and of an empty list, and of nothing else.
 *
 * Numbers are compared by `range`: `match` knows integers only. Qdrant's JSON parser (serde_json) takes about every tenth
 * number of 17 digits for its neighbour, in what it stores and in what it is asked alike: a number always equals itself, but
 * two that differ in their last bit alone may be one.
 */
import type { Schemas } from "@qdrant/js-client-rest";
import { type Condition, type Filter, type FilterGroup, isCondition } from "../../api/filter.ts";

export type QdrantFilter = Schemas["Filter"];
export type QdrantCondition = Schemas["Condition"];

export const toQdrantFilter = (filter: Filter): QdrantFilter =>
  isCondition(filter) ? fromCondition(filter) : fromGroup(filter);

const fromGroup = ({ all, any, not }: FilterGroup): QdrantFilter => ({
  ...(all && { must: all.map(toQdrantFilter) }),
  ...(any && { should: any.map(toQdrantFilter) }),
  ...(not && { must_not: not.map(toQdrantFilter) }),
});

function fromCondition({ field, eq, ne, in: oneOf, gt, gte, lt, lte, exists }: Condition): QdrantFilter {
  const key = keyOf(field);
  const must: QdrantCondition[] = [];
  const mustNot: QdrantCondition[] = [];
  if (eq !== undefined) must.push(equals(key, eq));
  if (ne !== undefined) mustNot.push(equals(key, ne));
  if (oneOf !== undefined) must.push({ should: oneOf.map((value) => equals(key, value)) });
  if ([gt, gte, lt, lte].some((bound) => bound !== undefined)) must.push({ key, range: { gt, gte, lt, lte } });
  if (exists !== undefined) (exists ? mustNot : must).push({ is_empty: { key } });
  return { ...(must.length > 0 && { must }), ...(mustNot.length > 0 && { must_not: mustNot }) };
}

const equals = (key: string, value: string | number | boolean): QdrantCondition =>
  typeof value === "number" ? { key, range: { gte: value, lte: value } } : { key, match: { value } };

/** Quoted, since Qdrant takes an unquoted part for more than a name (`a[0]`). A field can hold no quote. */
const keyOf = (field: string): string => ["metadata", ...field.split(".").map((part) => `"${part}"`)].join(".");
