/**
 * The metadata filter language: one grammar for the API, one meaning for every vector store. `matchesFilter` is that
 * meaning, in code; stores that translate a filter into their own query language are tested against it.
 *
 * A condition looks at one field (a dotted path reaches into objects) and holds if each of its operators does. Of a list,
 * one element must be equal (`eq`, `in`), lie within the bounds (`gt`, `gte`, `lt`, `lte`, all of them at once), or none
 * must be (`ne`). A missing or null field, or a list of no other values, satisfies only `ne` and `exists: false`.
 * Nothing is converted: `1`, `"1"` and `true` are three values.
 */
import { z } from "zod";
import { LIMITS } from "../limits.ts";
import { FieldValues } from "./filter-values.ts";

const Scalar = z.union([z.string(), z.number(), z.boolean()]);

const OPERATORS = ["eq", "ne", "in", "gt", "gte", "lt", "lte", "exists"] as const;

const Field = z
  .string()
  .regex(/^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*$/u, "a field is letters, digits, '_' and '-'; dots reach into objects")
  .max(128);

const Condition = z
  .strictObject({
    field: Field,
    eq: Scalar.optional(),
    ne: Scalar.optional(),
    in: z.array(Scalar).min(1).max(100).optional(),
    gt: z.number().optional(),
    gte: z.number().optional(),
    lt: z.number().optional(),
    lte: z.number().optional(),
    exists: z.boolean().optional(),
  })
  .refine((c) => OPERATORS.some((op) => c[op] !== undefined), {
    message: `a condition has at least one of ${OPERATORS.join(", ")}`,
  })
  .meta({ id: "FilterCondition" });
export type Condition = z.infer<typeof Condition>;

export interface FilterGroup {
  readonly all?: readonly Filter[] | undefined;
  readonly any?: readonly Filter[] | undefined;
  readonly not?: readonly Filter[] | undefined;
}
export type Filter = FilterGroup | Condition;

export const isCondition = (filter: Filter): filter is Condition => "field" in filter;

const node = (): z.ZodType<Filter> => z.union([Condition, Group]);
const FilterNode = z.lazy(node);

const nodes = (whenEmpty: string) => z.array(FilterNode).min(1, whenEmpty).max(LIMITS.filterConditions).optional();

const Group = z
  .strictObject({
    all: nodes("`all` of nothing matches everything: leave it out"),
    any: nodes("`any` of nothing matches nothing: leave it out"),
    not: nodes("`not` of nothing matches everything: leave it out"),
  })
  .refine((g) => g.all || g.any || g.not, {
    message: "a filter has at least one of all, any, not",
    // Rules this branch of the union out, so that what is said about a filter is about a condition.
    abort: true,
  })
  .meta({ id: "FilterGroup" });

/** Its size is looked at before anything else: of a filter of a million groups a schema would keep a million complaints. */
export const Filter = z
  .preprocess((value, context) => {
    const message = excessOf(value);
    if (message === undefined) return value;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }, node())
  .meta({
    id: "Filter",
    description:
      "`all` must hold, at least one of `any`, none of `not`; each a list of conditions or of further groups. " +
      "A condition names a metadata field and one or more of eq, ne, in, gt, gte, lt, lte, exists.",
    example: { all: [{ field: "group", eq: "food-drink" }], not: [{ field: "style", eq: "outline" }] },
  });

/** Level by level, and no further than the limits: nothing is known of the value yet. What is no group with parts counts as a condition. */
function excessOf(filter: unknown): string | undefined {
  let conditions = 0;
  let level: readonly unknown[] = [filter];
  for (let depth = 0; level.length > 0; depth++) {
    // Each part is a condition or will end in one.
    if (conditions + level.length > LIMITS.filterConditions)
      return `a filter has at most ${LIMITS.filterConditions} conditions`;
    if (depth > LIMITS.filterDepth) return `a filter nests at most ${LIMITS.filterDepth} levels deep`;
    const parts = level.map(partsOf);
    conditions += parts.filter(({ length }) => length === 0).length;
    level = parts.flat();
  }
  return undefined;
}

function partsOf(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  const { all, any, not } = value as Readonly<Record<"all" | "any" | "not", unknown>>;
  return [all, any, not].filter(Array.isArray).flat();
}

/** The reference meaning of a filter. Each field is read once, however many conditions ask for it. */
export function matchesFilter(filter: Filter, metadata: Readonly<Record<string, unknown>>): boolean {
  const known = new Map<string, FieldValues>();
  return holds(filter, (field) => {
    const values = known.get(field) ?? new FieldValues(valueAt(metadata, field));
    known.set(field, values);
    return values;
  });
}

function holds(filter: Filter, read: (field: string) => FieldValues): boolean {
  if (isCondition(filter)) return conditionHolds(filter, read(filter.field));
  return (
    (filter.all ?? []).every((f) => holds(f, read)) &&
    (!filter.any || filter.any.some((f) => holds(f, read))) &&
    !(filter.not ?? []).some((f) => holds(f, read))
  );
}

function conditionHolds(condition: Condition, values: FieldValues): boolean {
  const { eq, ne, in: oneOf, exists } = condition;
  return (
    (eq === undefined || values.has(eq)) &&
    (ne === undefined || !values.has(ne)) &&
    (oneOf === undefined || oneOf.some((value) => values.has(value))) &&
    (!hasBounds(condition) || values.hasWithin(condition)) &&
    (exists === undefined || values.size > 0 === exists)
  );
}

const hasBounds = ({ gt, gte, lt, lte }: Condition): boolean =>
  gt !== undefined || gte !== undefined || lt !== undefined || lte !== undefined;

/** What lies at a dotted path; nothing is looked for inside lists. */
function valueAt(metadata: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = metadata;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
