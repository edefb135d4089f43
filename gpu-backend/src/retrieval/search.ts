/**
 * Exact search in one scope. zvec knows nothing of what is inside the metadata, so a filter is applied to what zvec
 * returns, nearest first: first to a few rows, then to more, at last to all of the scope. Nothing is ever missed.
 */
import { matchesFilter } from "@sightline/shared/api/filter";
import type { Hit, Scope, SearchQuery } from "@sightline/shared/store/port";
import { slices } from "./buckets.ts";
import { POINT_FIELDS, toHit } from "./rows.ts";
import type { ZvecSpace } from "./zvec-space.ts";

/** How many of the nearest rows are looked through before the whole scope is. */
const PROBES = [512, 4096] as const;

/** A hit with what filters look at. */
type Row = ReturnType<typeof toHit>;

/** @returns at most `topK` hits, exact, by score and then id. */
export async function search(space: ZvecSpace, scope: Scope, query: SearchQuery): Promise<Hit[]> {
  const rows = await find(space, scope, query);
  return query.withMetadata === false ? rows.map(({ metadata: _, ...hit }) => hit) : rows;
}

async function find(space: ZvecSpace, scope: Scope, query: SearchQuery): Promise<Row[]> {
  const { topK, filter } = query;
  if (!filter) return best(await nearest(space, scope, query, topK), query);
  for (const probe of PROBES) {
    const limit = Math.max(probe, topK);
    const seen = await nearest(space, scope, query, limit);
    const hits = best(seen, query);
    const last = seen.at(-1);
    const exhausted = seen.length < limit || (last !== undefined && last.score < leastScore(query));
    if (hits.length === topK || exhausted) return hits;
  }
  let hits: Row[] = [];
  const read = (buckets: readonly string[] | undefined) => nearest(space, scope, query, undefined, buckets);
  for await (const slice of slices(read, { atMost: space.size })) hits = best([...hits, ...slice], query);
  return hits;
}

async function nearest(
  space: ZvecSpace,
  scope: Scope,
  { vector, modality, includeVectors = false }: SearchQuery,
  limit: number | undefined,
  buckets?: readonly string[],
): Promise<Row[]> {
  const where = { scope, modality, buckets };
  const docs = await space.find({ where, near: vector, fields: POINT_FIELDS, limit, includeVectors });
  return docs.map((doc) => toHit(doc, includeVectors));
}

function best(seen: readonly Row[], query: SearchQuery): Row[] {
  const { topK, filter } = query;
  const least = leastScore(query);
  return seen
    .filter((hit) => hit.score >= least && (!filter || matchesFilter(filter, hit.metadata)))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .slice(0, topK);
}

const leastScore = ({ scoreThreshold = Number.NEGATIVE_INFINITY }: SearchQuery): number => scoreThreshold;
