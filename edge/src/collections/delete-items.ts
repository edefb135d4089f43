/**
 * Deletes items in every place of a collection, and their pictures. First the place that is searched, then the pictures, then the
 * mirror: the copying of a migration relies on that order (see migrations/settle.ts).
 */
import { type Filter, matchesFilter } from "@sightline/shared/api/filter";
import type { ItemId } from "@sightline/shared/ids";
import { LIMITS } from "@sightline/shared/limits";
import type { Access } from "./access.ts";
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
  const [space, items] = [spaceOf(record), scope(record)];
  let deleted = 0;
  for (let cursor: string | undefined; ; ) {
    const query = { limit: LIMITS.pageSize, filter, cursor, withVectors: false };
    const { points, next } = await store.scroll(space, items, query);
    const ids = points.map(({ id }) => id);
    if (ids.length > 0)
      deleted += await access.turns(record).take(ids, async () => {
        // Another call may have written one of them since: what it is now decides.
        const now = await store.get(space, items, ids);
        const matching = now.flatMap((point) => (point && matchesFilter(filter, point.metadata) ? [point.id] : []));
        return matching.length > 0 ? deleteNow(access, record, matching) : 0;
      });
    if (next === undefined) return deleted;
    cursor = next;
  }
}

async function deleteNow(access: Access, record: CollectionRecord, ids: readonly ItemId[]): Promise<number> {
  const { store, scope } = access;
  const deleted = await store.delete(spaceOf(record), scope(record), { ids });
  await access.pictures(record).delete(ids);
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
