/** From the queries of a search to vectors: what has to be embedded in one call, stored items in another. */
import type { SearchQuery } from "@sightline/shared/api/collections";
import { parseInput } from "@sightline/shared/api/input";
import { ApiError } from "@sightline/shared/errors";
import type { ItemId } from "@sightline/shared/ids";
import type { Work } from "@sightline/shared/limits";
import type { Context } from "hono";
import { scopeOf, storeOf } from "../collections/access.ts";
import { parseVector } from "../collections/parse-items.ts";
import { type CollectionRecord, spaceOf } from "../collections/registry.ts";

import type { App } from "../context.ts";
import { vectorOf } from "../embeddings/entry.ts";
import { catalogueContext, embedAll, type NamedInput, workOf } from "../inference.ts";
import { admit } from "../middleware/admission.ts";

export interface NamedQuery {
  /** The request's field, for errors. */
  readonly param: string;
  readonly query: SearchQuery;
}

/** What a query is before anything has been asked of anybody. */
type Parsed =
  | { readonly kind: "vector"; readonly vector: Float32Array }
  | { readonly kind: "item"; readonly id: ItemId }
  | { readonly kind: "input"; readonly input: NamedInput };

/**
 * Charges for the embeddings and for `more`.
 * @returns one vector per query, in order. @throws ApiError(item_not_found) naming the query's field.
 */
export async function queryVectors(
  c: Context<App>,
  record: CollectionRecord,
  queries: readonly NamedQuery[],
  more: Work,
): Promise<readonly Float32Array[]> {
  const parsed = queries.map(({ param, query }) => parse(param, query, record.dims));
  const inputs = parsed.flatMap((query) => (query.kind === "input" ? [query.input] : []));
  const ids = parsed.flatMap((query) => (query.kind === "item" ? [query.id] : []));
  // Where there are only inputs, the limiter is asked in the round trip of their look-up in the cache.
  if (ids.length > 0 || inputs.length === 0) await admit(c, { ...workOf(inputs), ...more });
  const [embedded, points] = await Promise.all([
    inputs.length > 0 ? embed(c, record, inputs, more) : [],
    ids.length > 0 ? storeOf(c).get(spaceOf(record), scopeOf(c, record), ids) : [],
  ]);
  let [nextInput, nextPoint] = [0, 0];
  return parsed.map((query, i) => {
    if (query.kind === "vector") return query.vector;
    const vector = query.kind === "input" ? embedded[nextInput++] : points[nextPoint++]?.vector;
    if (vector) return vector;
    if (query.kind === "input") throw new ApiError("internal_error");
    throw new ApiError("item_not_found", {
      param: `${queries[i]?.param ?? "query"}.id`,
      message: `There is no item "${query.id}" in this collection.`,
    });
  });
}

function parse(param: string, query: SearchQuery, dims: number): Parsed {
  if (typeof query === "object" && "id" in query) return { kind: "item", id: query.id };
  if (typeof query === "object" && "embedding" in query) {
    return { kind: "vector", vector: parseVector(query.embedding, dims, `${param}.embedding`) };
  }
  return { kind: "input", input: { param, input: parseInput(query, param) } };
}

async function embed(
  c: Context<App>,
  record: CollectionRecord,
  inputs: readonly NamedInput[],
  more: Work,
): Promise<readonly Float32Array[]> {
  // The revision that made the collection's vectors, whichever is preferred by now.
  const made = { id: record.model, revision: record.revision };
  const model = await c.var.services.models.findRevision("clip", made, catalogueContext(c));
  return (await embedAll(c, model, inputs, more)).map(vectorOf);
}
