/**
 * Copies items from one place of a collection into another while they are being written and deleted.
 *
 * Whoever writes an item does it in three steps: the first place, the picture, the mirror; who deletes one begins with the picture.
 * Here an item is read (point, then picture), written to the mirror, and read again; if it has changed meanwhile, it is done once
 * more. So the mirror ends with what the last writer meant: had he written the first place before our second reading, we would
 * have seen it; if he did it later, his write to the mirror comes after ours.
 */
import type { LeftBehind } from "@sightline/shared/api/migrations";
import { ApiError } from "@sightline/shared/errors";
import type { ItemId } from "@sightline/shared/ids";
import { type WriteItemResult, WriteItemsResponse } from "@sightline/shared/internal/protocol";
import { hasVector, type Point } from "@sightline/shared/store/port";
import type { BackendClient } from "../backend/client.ts";
import type { Access } from "../collections/access.ts";
import type { Source } from "../collections/parse-items.ts";
import { isSameModel, type Placement } from "../collections/placement.ts";
import { type CollectionRecord, spaceOf } from "../collections/registry.ts";
import { isSameContent, isSameOriginal, type Original, sourceOf, vectorSourceOf, withPictures } from "./originals.ts";
import type { CopiedPage } from "./progress.ts";

/** An item that changes faster than this is left to those who change it, and to the next try. */
const MAX_ROUNDS = 5;

export interface Copying {
  readonly access: Access;
  readonly backend: BackendClient;
  /** Its places are those of the moment; the items come from the first one. */
  readonly record: CollectionRecord;
  readonly to: Placement;
}

/** What is there already with the same content is passed over. @throws ApiError, and the page can be copied again. */
export async function copyPage(copying: Copying, limit: number, cursor: string | undefined): Promise<CopiedPage> {
  const { access, record, to } = copying;
  const page = await access.store.scroll(spaceOf(record), access.scope(record), { limit, cursor });
  const points = page.points.filter(hasVector);
  const ids = points.map(({ id }) => id);
  const there = await access.store.get(spaceOf(to), access.scope(to), ids);
  const missing = points.filter((point, i) => !isThere(point, there[i]));
  const leftBehind = await settle(copying, missing);
  return { seen: points.length, copied: missing.length - leftBehind.length, leftBehind, next: page.next };
}

const isThere = (point: Point, copy: Point | undefined): boolean => copy !== undefined && isSameContent(point, copy);

/** @returns those that could not be copied. */
async function settle(copying: Copying, points: readonly Point[]): Promise<readonly LeftBehind[]> {
  const { access, record } = copying;
  const pictures = access.pictures(record);
  const leftBehind = new Map<ItemId, LeftBehind>();
  let ids: readonly ItemId[] = points.map(({ id }) => id);
  let seen = await withPictures(pictures, points);
  for (let round = 0; ids.length > 0; round++) {
    if (round === MAX_ROUNDS) throw new ApiError("overloaded", { retryAfterSeconds: 1 });
    for (const id of ids) leftBehind.delete(id);
    for (const one of await apply(copying, ids, seen)) leftBehind.set(one.id as ItemId, one);
    const again = await access.store.get(spaceOf(record), access.scope(record), ids);
    const now = await withPictures(
      pictures,
      again.filter((point) => point !== undefined),
    );
    ids = ids.filter((id) => !isSameOriginal(seen.get(id), now.get(id)));
    seen = now;
  }
  return [...leftBehind.values()];
}

/** Makes the mirror agree with what was seen of these items. */
async function apply(
  { access, backend, record, to }: Copying,
  ids: readonly ItemId[],
  seen: ReadonlyMap<ItemId, Original>,
): Promise<readonly LeftBehind[]> {
  const gone = ids.filter((id) => !seen.has(id));
  if (gone.length > 0) await access.store.delete(spaceOf(to), access.scope(to), { ids: gone });
  const originals = ids.flatMap((id) => seen.get(id) ?? []);
  const source = isSameModel(record, to) ? vectorSourceOf : sourceOf;
  const items = originals.flatMap((original) => {
    const made = source(original);
    return made ? [toItem(original, made)] : [];
  });
  const request = {
    model: { id: to.model, revision: to.revision },
    collection: to.scope,
    pictures: false,
    items,
  };
  const { results } =
    items.length > 0
      ? await backend.call("/internal/v1/items", request, WriteItemsResponse, access.call)
      : { results: [] };
  if (results.length !== items.length) throw new ApiError("backend_invalid_response");
  const withoutOriginal = originals.filter((original) => !source(original)).map(({ point }) => noOriginal(point));
  return [...withoutOriginal, ...items.flatMap(({ id }, i) => refusal(id, results[i]))];
}

const toItem = ({ point: { id, metadata } }: Original, source: Source) => ({ id, metadata, source });

function noOriginal({ id, modality }: Point): LeftBehind {
  const what = modality === "text" ? "The text was not kept." : "No picture was kept.";
  return { id, error: { code: "no_original", message: `${what} Only its vector is known.` } };
}

/** @throws ApiError if it is not the item's fault: then the whole page is tried again. */
function refusal(id: ItemId, result: WriteItemResult | undefined): LeftBehind[] {
  if (result?.status !== "failed") return [];
  const error = ApiError.fromDetail(result.error);
  if (error.status >= 500) throw error;
  return [{ id, error: { code: error.code, message: error.message } }];
}
