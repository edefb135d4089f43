/** What Qdrant's filters mean, after its documentation of filtering, on a payload without indexes of its fields. */
import { parseJsonPath, valuesAt } from "./json-path.ts";
import type { Condition, ExtendedPointId, FieldCondition, Filter, Match, Range } from "./requests.ts";

export interface StoredPoint {
  readonly id: ExtendedPointId;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** @param filter one that `requests.ts` lets through. @throws RangeError for a key that Qdrant cannot read. */
export function matches(filter: Filter, point: StoredPoint): boolean {
  const { must, should, must_not: mustNot } = filter;
  const holds = (condition: Condition) => check(condition, point);
  return (
    listOf(must).every(holds) &&
    // Present and empty it holds for nothing: one of none.
    (should === undefined || should === null || listOf(should).some(holds)) &&
    !listOf(mustNot).some(holds)
  );
}

/** The payload keys that a filter looks at. */
export const keysOf = ({ must, should, must_not: mustNot }: Filter): string[] =>
  [must, should, mustNot].flatMap(listOf).flatMap((condition) => {
    if ("key" in condition) return condition.key;
    if ("has_id" in condition) return [];
    if ("is_empty" in condition) return condition.is_empty.key;
    return "is_null" in condition ? condition.is_null.key : keysOf(condition);
  });

const listOf = (conditions: Filter["must"]): readonly Condition[] =>
  Array.isArray(conditions) ? conditions : conditions ? [conditions as Condition] : [];

function check(condition: Condition, point: StoredPoint): boolean {
  if ("key" in condition) return checkField(condition, valuesOf(point, condition.key));
  if ("has_id" in condition) return condition.has_id.includes(point.id);
  if ("is_empty" in condition) return valuesOf(point, condition.is_empty.key).every(isEmpty);
  if ("is_null" in condition) return valuesOf(point, condition.is_null.key).some((value) => value === null);
  return matches(condition, point);
}

function valuesOf(point: StoredPoint, key: string): unknown[] {
  const path = parseJsonPath(key);
  if (!path) throw new RangeError(`Invalid json path: '${key}'`);
  return valuesAt(point.payload, path);
}

const isEmpty = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

/** Of a list, one element has to match; an element that is a list itself is not looked into. */
const checkField = ({ match, range }: FieldCondition, at: readonly unknown[]): boolean =>
  at.some((value) => (Array.isArray(value) ? value : [value]).some((one) => checkValue(one, match, range)));

function checkValue(value: unknown, match: Match | null | undefined, range: Range | null | undefined): boolean {
  return (
    Boolean(match && isMatch(value, match)) || Boolean(range && typeof value === "number" && isWithin(range, value))
  );
}

function isMatch(value: unknown, match: Match): boolean {
  if ("value" in match) return value === match.value;
  if ("any" in match) return (match.any as unknown[]).includes(value);
  return value !== null && !(match.except as unknown[]).includes(value);
}

const isWithin = ({ gt, gte, lt, lte }: Range, value: number): boolean =>
  (gt === undefined || gt === null || value > gt) &&
  (gte === undefined || gte === null || value >= gte) &&
  (lt === undefined || lt === null || value < lt) &&
  (lte === undefined || lte === null || value <= lte);
