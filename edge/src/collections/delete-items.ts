/**
 * Deletes items in every place of a collection, and their pictures. First the place that is searched, then the pictures, then the
 * mirror: the copying of a migration relies on that order (see migrations/settle.ts).
 */
import type { ItemId } from "@sightline/shared/ids";
import type { Access } from "./access.ts";
import { type CollectionRecord, spaceOf } from "./registry.ts";

/** @returns how many there were. */
export async function deleteItems(access: Access, record: CollectionRecord, ids: readonly ItemId[]): Promise<number> {
  const { store, scope } = access;
  return access.turns(record).take(ids, async () => {
    const deleted = await store.delete(spaceOf(record), scope(record), { ids });
    await access.pictures(record).delete(ids);
    if (record.mirror) await store.delete(spaceOf(record.mirror.at), scope(record.mirror.at), { ids });
    return deleted;
  });
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
