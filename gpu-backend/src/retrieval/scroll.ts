/**
 * Pages through a scope in ascending order of point ids, a fixed order that new or deleted points cannot shift. A cursor
 * holds the id of the last point given out, so that it stays good when that point is gone.
 */
import { type Filter, matchesFilter } from "@sightline/shared/api/filter";
import { readCursor, writeCursor } from "@sightline/shared/store/cursor";
import type { PointId } from "@sightline/shared/store/point-id";
import type { Page, Scope, ScrollQuery } from "@sightline/shared/store/port";
import { BUCKET_DIGITS, slices } from "./buckets.ts";
import { metadataOf, POINT_FIELDS, toScrolled } from "./rows.ts";
import type { ZvecSpace } from "./zvec-space.ts";

/** @throws ApiError(invalid_cursor) */
export async function scroll(
  space: ZvecSpace | undefined,
  scope: Scope,
  { limit, filter, cursor, withVectors = true }: ScrollQuery,
): Promise<Page> {
  const after = cursor === undefined ? undefined : await readCursor(scope, cursor);
  if (!space) return { points: [] };
  // One more than asked for tells whether there is a next page.
  const keys = await keysAfter(space, scope, { after, filter, wanted: limit + 1 });
  const page = keys.slice(0, limit);
  const last = page.at(-1);
  if (last === undefined) return { points: [] };
  const docs = await space.find({ where: { scope, keys: page }, fields: POINT_FIELDS, includeVectors: withVectors });
  const points = docs.sort(byId).map((doc) => toScrolled(doc, withVectors));
  return keys.length > limit ? { points, next: await writeCursor(scope, last) } : { points };
}

interface Wanted {
  readonly after: PointId | undefined;
  readonly filter: Filter | undefined;
  readonly wanted: number;
}

async function keysAfter(space: ZvecSpace, scope: Scope, { after, filter, wanted }: Wanted): Promise<PointId[]> {
  const keys: PointId[] = [];
  const read = async (buckets?: readonly string[]) => {
    if (!filter) return space.find({ where: { scope, buckets }, fields: ["key"] });
    const docs = await space.find({ where: { scope, buckets }, fields: ["metadata"] });
    return docs.filter((doc) => matchesFilter(filter, metadataOf(doc)));
  };
  for await (const docs of slices(read, { atMost: space.size, rows: wanted, first: after?.slice(0, BUCKET_DIGITS) })) {
    const ids = docs.sort(byId).map((doc) => doc.id as PointId);
    keys.push(...ids.filter((id) => after === undefined || id > after));
    if (keys.length >= wanted) break;
  }
  return keys.slice(0, wanted);
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
