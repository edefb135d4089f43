/** Drives a migration to the point where it can be switched. Its state is the service's: who is stopped goes on by the same call. */
import type { LeftBehind, Migration, StartMigrationRequest, Verification } from "@sightline/shared/api/migrations";
import type { z } from "zod";
import { type OperatedCollection, type Operator, Refused } from "./operator.ts";

interface MigrateOptions {
  readonly operator: Operator;
  readonly collection: OperatedCollection;
  readonly to: z.input<typeof StartMigrationRequest>;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly onProgress: (migration: Migration) => void;
  readonly onLeftBehind: (item: LeftBehind) => void;
}

/** Items a call; fewer where a model is so slow that a call takes longer than it may. */
const ITEMS = 32;

/**
 * Copies all that can be copied. If items were left behind, it goes through all of them once more: they may have been written anew, or
 * deleted, since. @throws Refused if the collection is on its way to somewhere else.
 */
export async function copyAll({
  operator,
  collection,
  to,
  sleep,
  onProgress,
  onLeftBehind,
}: MigrateOptions): Promise<Migration> {
  let migration = (await operator.migration(collection)) ?? (await operator.start(collection, to));
  checkTarget(migration, to);
  let items = ITEMS;
  let isRepeated = migration.status === "copied" && migration.progress.left_behind > 0;
  while (isRepeated || migration.status === "waiting" || migration.status === "copying") {
    onProgress(migration);
    if (migration.status === "waiting") await sleep(Math.min(migration.wait_seconds, 5) * 1000);
    try {
      migration = await operator.copy(collection, items);
    } catch (error) {
      if (!(error instanceof Refused && error.code === "deadline_exceeded") || items === 1) throw error;
      items = Math.floor(items / 2);
      continue;
    }
    isRepeated = false;
    migration.left_behind.forEach(onLeftBehind);
  }
  onProgress(migration);
  return migration;
}

function checkTarget({ to: { model, revision } }: Migration, wanted: MigrateOptions["to"]): void {
  if ((wanted.model ?? model) === model && (wanted.revision ?? revision) === revision) return;
  const message = `it is being migrated to ${model}@${revision} already: end that first, or go on with it`;
  throw new Refused("migration_conflict", message);
}

/** What speaks against the switch; none if nothing does. Counts may differ by what is being written right now. */
export function faultsOf({ places }: Verification, { progress }: Migration): readonly string[] {
  const [current, next] = places;
  if (!current || !next) return ["there is no second place"];
  const wanted = current.items.total - progress.left_behind;
  const faults: string[] = [];
  if (next.items.total < 0.99 * wanted) faults.push(`the new place holds ${next.items.total} of ${wanted} items`);
  if (next.recall && next.recall.mean < 0.95)
    faults.push(`a search there finds ${(100 * next.recall.mean).toFixed(1)} % of what is nearest`);
  if (next.recall && next.recall.lost > 0)
    faults.push(`${next.recall.lost} of ${next.recall.sample} items there are not found by their own vectors`);
  return faults;
}
