/**
 * A collection moves to another model revision, or is rebuilt, while it is searched and written. A second place is filled beside
 * the first, and gets every write, too; the switch makes it the one that is searched, and the old one gets every write from then
 * on, so that going back loses nothing. At last the place that is not searched is dropped. Each step is a step from the places that
 * it has read: one that comes after another call's changes nothing.
 */
import type { LeftBehind, Migration } from "@sightline/shared/api/migrations";
import { ApiError } from "@sightline/shared/errors";
import { LIMITS } from "@sightline/shared/limits";
import type { BackendClient } from "../backend/client.ts";
import type { Access } from "../collections/access.ts";
import { type Mirror, newScope, type Placement } from "../collections/placement.ts";
import { type CollectionRecord, placementOf, spaceOf } from "../collections/registry.ts";
import type { RedisClient } from "../redis.ts";
import { advanced, NOTHING_YET, type Progress, ProgressRecord } from "./progress.ts";
import { copyPage } from "./settle.ts";

export interface Operation {
  readonly access: Access;
  readonly backend: BackendClient;
  readonly redis: RedisClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Writes that began before a mirror was set do not know of it. By then each has ended, or can no longer be acknowledged: its
 * deadline, and what two clocks may differ by.
 */
const GRACE_MS = LIMITS.deadlineMs + 5000;

interface Migrating {
  readonly record: CollectionRecord;
  readonly mirror: Mirror;
}

/** @throws ApiError(migration_conflict) if there is one already. */
export async function startMigration(op: Operation, record: CollectionRecord, to: Omit<Placement, "scope">) {
  if (record.mirror) throw new ApiError("migration_conflict", { message: "The collection is being migrated already." });
  // Whoever is dropping it may not be done, and would forget this migration's mirror.
  if (record.left.length > 0)
    throw new ApiError("migration_conflict", {
      message: "What the last migration has left is not dropped yet: end it again.",
    });
  const mirror: Mirror = { at: { ...to, scope: newScope() }, role: "next", since: op.now() };
  const placed = await op.access.registry.place(record, { current: placementOf(record), mirror, left: [] });
  return describeMigration(op, placed);
}

/**
 * Copies so many items; of a pass that has ended it begins a new one, which copies what has been missed or left behind.
 * @throws ApiError, after which the same page can be copied again.
 */
export async function continueCopying(op: Operation, record: CollectionRecord, items: number): Promise<Migration> {
  const { mirror } = migrating(record);
  if (mirror.role !== "next") throw alreadySwitched();
  if (waitMs(op, mirror) > 0) return describeMigration(op, record);
  const progress = progressOf(op, mirror.at);
  const before = await progress.read();
  const from = before.isDone ? NOTHING_YET : before;
  const page = await copyPage({ ...op, record, to: mirror.at }, items, from.cursor);
  await progress.write(advanced(from, page));
  return describeMigration(op, record, page.leftBehind);
}

/** @throws ApiError(migration_conflict) unless everything is copied, but for what may be left behind. */
export async function switchPlaces(
  op: Operation,
  record: CollectionRecord,
  mayLeaveBehind: boolean,
): Promise<Migration> {
  const { mirror } = migrating(record);
  if (mirror.role !== "next") throw alreadySwitched();
  const { isDone, leftBehind } = await progressOf(op, mirror.at).read();
  if (!isDone) throw new ApiError("migration_conflict", { message: "Not all items have been copied yet." });
  if (leftBehind > 0 && !mayLeaveBehind) {
    const message = `${leftBehind} items cannot be taken along; they would be found no more.`;
    throw new ApiError("migration_conflict", { param: "leave_behind", message });
  }
  return exchange(op, { record, mirror });
}

/** The old place answers again; the new one stays up to date. @throws ApiError(migration_conflict) before the switch. */
export async function rollBack(op: Operation, record: CollectionRecord): Promise<Migration> {
  const { mirror } = migrating(record);
  if (mirror.role !== "previous")
    throw new ApiError("migration_conflict", { message: "Nothing has been switched yet." });
  return exchange(op, { record, mirror });
}

/**
 * Drops the place that is not searched: before the switch this gives the migration up, after it this ends it. Repeating it goes
 * on with what has failed. @returns how many items lay there.
 */
export async function dropOther(op: Operation, record: CollectionRecord): Promise<number> {
  const { access } = op;
  const current = placementOf(record);
  const left = [...record.left, ...(record.mirror ? [record.mirror.at] : [])];
  if (left.length === 0) throw notMigrating();
  const parting = await access.registry.place(record, { current, left });
  let dropped = 0;
  for (const place of left) {
    dropped += await access.store.delete(spaceOf(place), access.scope(place), { everything: true });
    await progressOf(op, place).delete();
  }
  await progressOf(op, current).delete();
  await access.registry.place(parting, { current, left: [] });
  return dropped;
}

/** @param leftBehind what there is to tell of, if not of the whole pass. */
export async function describeMigration(
  op: Operation,
  record: CollectionRecord,
  leftBehind?: readonly LeftBehind[],
): Promise<Migration> {
  const { mirror } = migrating(record);
  const current = placementOf(record);
  const [from, to] = mirror.role === "next" ? [current, mirror.at] : [mirror.at, current];
  const [progress, items] = await Promise.all([
    progressOf(op, to).read(),
    op.access.store.count(spaceOf(from), op.access.scope(from)),
  ]);
  const wait = mirror.role === "next" && !progress.isDone ? waitMs(op, mirror) : 0;
  return {
    object: "migration",
    collection: record.name,
    status: statusOf(mirror, progress, wait),
    from: revisionOf(from),
    to: revisionOf(to),
    wait_seconds: Math.ceil(wait / 1000),
    progress: {
      total: items.text + items.image,
      seen: progress.seen,
      copied: progress.copied,
      left_behind: progress.leftBehind,
    },
    left_behind: [...(leftBehind ?? progress.remembered)],
  };
}

async function exchange(op: Operation, { record, mirror }: Migrating): Promise<Migration> {
  const role = mirror.role === "next" ? "previous" : "next";
  const other: Mirror = { at: placementOf(record), role, since: op.now() };
  const places = { current: mirror.at, mirror: other, left: [...record.left] };
  return describeMigration(op, await op.access.registry.place(record, places));
}

function migrating(record: CollectionRecord): Migrating {
  if (!record.mirror) throw notMigrating();
  return { record, mirror: record.mirror };
}

const statusOf = ({ role }: Mirror, { isDone }: Progress, wait: number): Migration["status"] => {
  if (role === "previous") return "switched";
  if (isDone) return "copied";
  return wait > 0 ? "waiting" : "copying";
};

const waitMs = ({ now }: Operation, { since }: Mirror): number => Math.max(0, since + GRACE_MS - now());
const progressOf = ({ redis, access }: Operation, { scope }: Placement): ProgressRecord =>
  new ProgressRecord(redis, access.tenant, scope);
const revisionOf = ({ model, revision }: Placement) => ({ model, revision });

const notMigrating = (): ApiError => new ApiError("migration_not_found");
const alreadySwitched = (): ApiError =>
  new ApiError("migration_conflict", { message: "The collection has been switched already." });
