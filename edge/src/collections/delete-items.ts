/**
 * Deletes items in every place of a collection, and their pictures. First the pictures, then the place that is searched, then the
 * mirror: while the point is there, a call that failed half-way finds it again; and the copying of a migration relies on the
 * mirror being last (see migrations/settle.ts).
 */
import { type Filter, matchesFilter } from "@sightline/shared/api/filter";
import type { ItemId } from "@sightline/shared/ids";
import { LIMITS } from "@sightline/shared/limits";
import type { Access } from "./access.ts";
import type { Placement } from "./placement.ts";
import { type CollectionRecord, spaceOf } from "./registry.ts";

/** @returns how many there were. */
export async function deleteItems(access: Access, record: CollectionRecord, ids: readonly ItemId[]): Promise<number> {
  return access.turns(record).take(ids, () => deleteNow(access, record, ids));
}

/**
 * Page by page: what a call has deleted when it runs out of time stays deleted, and the next call goes on.
 * @returns how many items there were.
 */
export async function deleteMatching(access: Access, record: CollectionRecord, filter: Filter): Promise<number> {
  const { store, scope } = access;
  let deleted = await deleteFound(record);
  // What a call that failed half-way has left there, or what could not be taken along.
  if (record.mirror) deleted += await deleteFound(record.mirror.at);
  return deleted;

  async function deleteFound(place: Placement): Promise<number> {
    let count = 0;
    for (let cursor: string | undefined; ; ) {
      const query = { limit: LIMITS.pageSize, filter, cursor, withVectors: false };
      const { points, next } = await store.scroll(spaceOf(place), scope(place), query);
      const ids = points.map(({ id }) => id);
      if (ids.length > 0)
        count += await access.turns(record).take(ids, async () => {
          // Another call may have written one of them since: what it is now decides.
          const now = await store.get(spaceOf(record), scope(record), ids);
          const matching = ids.filter((_, i) => {
            const point = now[i];
            return point ? matchesFilter(filter, point.metadata) : place !== record;
          });
          return matching.length > 0 ? deleteNow(access, record, matching) : 0;
        });
      if (next === undefined) return count;
      cursor = next;
    }
  }
}

async function deleteNow(access: Access, record: CollectionRecord, ids: readonly ItemId[]): Promise<number> {
  const { store, scope } = access;
  await access.pictures(record).delete(ids);
  const deleted = await store.delete(spaceOf(record), scope(record), { ids });
  if (record.mirror) await store.delete(spaceOf(record.mirror.at), scope(record.mirror.at), { ids });
  return deleted;
}

/** @returns how many items there were. */
export async function deleteEverything(access: Access, record: CollectionRecord): Promise<number> {
  const { store, scope } = access;
  const deleted = await store.delete(spaceOf(record), scope(record), { everything: true });
  await access.pictures(record).deleteAll();
  const others = [...(record.mirror ? [record.mirror.at] : []), ...record.left];
  for (const place of others) await store.delete(spaceOf(place), scope(place), { everything: true });
  return deleted;
}
