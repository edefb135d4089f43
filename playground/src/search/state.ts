/** What a person is looking for: as the panel holds it, as the page's address says it, and as the API is asked. */
import type { Modality } from "@sightline/shared/api/collections";
import type { OperationOf } from "../api/operations.ts";
import type { Picture } from "../picture.ts";

export type Scalar = string | number | boolean;

export interface FieldFilter {
  readonly field: string;
  /** One of them is enough. */
  readonly values: readonly Scalar[];
}

export interface SearchState {
  /** Empty: whichever the panel starts with. */
  readonly collection: string;
  readonly text: string;
  /** Id of an item that the results shall be like. */
  readonly like: string | undefined;
  readonly without: string;
  /** Ids of items that the results shall not be like. */
  readonly not: readonly string[];
  readonly filters: readonly FieldFilter[];
  readonly modality: Modality | undefined;
  /** Whether the entailment model looks at the best pictures. */
  readonly verify: boolean;
}

const MODALITIES: readonly Modality[] = ["image", "text"];

/** Whatever does not make sense is left out. */
export function parseSearch(query: string): SearchState {
  const params = new URLSearchParams(query);
  const conditions = params.getAll("where").map(parseCondition);
  return {
    collection: params.get("in") ?? "",
    text: params.get("q") ?? "",
    like: params.get("like") || undefined,
    without: params.get("without") ?? "",
    not: params.getAll("not").filter((id) => id !== ""),
    filters: conditions
      .filter((condition) => condition !== undefined)
      .reduce<readonly FieldFilter[]>((all, { field, value }) => addValue(all, field, value), []),
    modality: MODALITIES.find((known) => known === params.get("kind")),
    verify: params.get("verify") === "1",
  };
}

export function formatSearch(state: SearchState): string {
  const params = new URLSearchParams();
  const set = (name: string, value: string | undefined): void => {
    if (value) params.append(name, value);
  };
  set("in", state.collection);
  set("q", state.text);
  set("like", state.like);
  set("without", state.without);
  for (const id of state.not) set("not", id);
  for (const { field, values } of state.filters) {
    for (const value of values) set("where", `${field}:${JSON.stringify(value)}`);
  }
  set("kind", state.modality);
  set("verify", state.verify ? "1" : undefined);
  return params.toString();
}

/** `field:<JSON>`, so that 1, "1" and true stay three values. A field's name holds no colon. */
function parseCondition(text: string): { readonly field: string; readonly value: Scalar } | undefined {
  const colon = text.indexOf(":");
  if (colon < 1) return undefined;
  try {
    const value: unknown = JSON.parse(text.slice(colon + 1));
    return isScalar(value) ? { field: text.slice(0, colon), value } : undefined;
  } catch {
    return undefined;
  }
}

export const isScalar = (value: unknown): value is Scalar =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** Adds the value if it is not there, else takes it away. */
export function toggleValue(filters: readonly FieldFilter[], field: string, value: Scalar): readonly FieldFilter[] {
  const values = filters.find((filter) => filter.field === field)?.values ?? [];
  if (!values.includes(value)) return addValue(filters, field, value);
  return filters
    .map((filter) => (filter.field === field ? { field, values: values.filter((other) => other !== value) } : filter))
    .filter((filter) => filter.values.length > 0);
}

function addValue(filters: readonly FieldFilter[], field: string, value: Scalar): readonly FieldFilter[] {
  const before = filters.find((filter) => filter.field === field);
  if (!before) return [...filters, { field, values: [value] }];
  if (before.values.includes(value)) return filters;
  return filters.map((filter) => (filter === before ? { field, values: [...filter.values, value] } : filter));
}

/** The grid's 24 cards fill whole rows of 2, 3, 4, 6 and 8. */
export const TOP_K = 24;

/** @returns undefined when nothing is asked for. */
export function toOperation(
  state: SearchState,
  collection: string,
  picture: Picture | undefined,
): OperationOf<"search"> | undefined {
  const text = state.text.trim();
  const without = state.without.trim();
  const queries = [
    ...(text === "" ? [] : [text]),
    ...(picture ? [{ image: picture.encoded }] : []),
    ...(state.like === undefined ? [] : [{ id: state.like }]),
  ];
  const [first, ...others] = queries;
  if (first === undefined) return undefined;
  const negative = [...(without === "" ? [] : [without]), ...state.not.map((id) => ({ id }))];
  const conditions = state.filters.map(({ field, values: [one, ...more] }) =>
    one !== undefined && more.length === 0 ? { field, eq: one } : { field, in: [one, ...more].filter(isScalar) },
  );
  return {
    kind: "search",
    collection,
    body: {
      query: others.length === 0 ? first : queries,
      ...(negative.length > 0 && { negative }),
      ...(conditions.length > 0 && { filter: { all: conditions } }),
      ...(state.modality && { modality: state.modality }),
      // Of several queries the API does not know which one says what a picture is to show.
      ...(state.verify && text !== "" && { rerank: { type: "entailment" as const, hypothesis: text } }),
      top_k: TOP_K,
    },
  };
}
