/**
 * Upserts items: what the edge can refuse it refuses alone, the rest goes to the backend in one call for each place of the
 * collection. First the place that is searched, then the pictures, then the mirror: the copying of a migration relies on that
 * order (see migrations/settle.ts). An item is stored when it is in all places.
 */
import type { PutItemsResponse } from "@sightline/shared/api/collections";
import { ApiError } from "@sightline/shared/errors";
import { type WriteItemResult, type WriteItemsRequest, WriteItemsResponse } from "@sightline/shared/internal/protocol";
import type { Work } from "@sightline/shared/limits";
import type { Context } from "hono";
import type { App } from "../context.ts";
import { callContext } from "../inference.ts";
import { admit, checkCallSize, meter } from "../middleware/admission.ts";
import { picturesOf, turnsOf } from "./access.ts";
import { type AcceptedItem, parseItems } from "./parse-items.ts";
import type { Placement } from "./placement.ts";
import type { CollectionRecord } from "./registry.ts";

type ItemResult = PutItemsResponse["results"][number];

/** Nothing to store must not be free either. */
const NOTHING: Work = { read: 1 };

/** How many pictures are put at once: a worker may have six connections open. */
const PICTURE_CONCURRENCY = 6;

/**
 * @param items as they came: each is parsed, and succeeds or fails, alone.
 * @throws ApiError of status 500 and above if that is why nothing is stored: who is told so tries again, and pays nothing.
 */
export async function writeItems(
  c: Context<App>,
  record: CollectionRecord,
  items: readonly unknown[],
): Promise<PutItemsResponse> {
  const { accepted, refused } = parseItems(items, record);
  const work = workOf(accepted);
  checkCallSize(c, work, "items");
  const results: ItemResult[] = [];
  for (const { index, id, error } of refused) results[index] = { id, status: "failed", error: error.toDetail() };
  await admit(c, accepted.length > 0 ? work : NOTHING);
  if (accepted.length > 0) {
    const ids = accepted.map(({ id }) => id);
    const written = await turnsOf(c, record).take(ids, () => writeEverywhere(c, record, accepted));
    settle(c, accepted, written);
    accepted.forEach(({ index, id }, i) => {
      const result = written[i];
      if (result) results[index] = toItemResult(id, result, `items[${index}]`);
    });
  }
  const succeeded = results.filter(({ status }) => status === "stored").length;
  if (succeeded === 0) c.set("isIncomplete", true);
  return { succeeded, failed: results.length - succeeded, results };
}

function workOf(items: readonly AcceptedItem[]): Work {
  const text = items.filter(({ source: { kind } }) => kind === "text").length;
  const write = items.filter(({ source: { kind } }) => kind === "embedding").length;
  return { text, write, image: items.length - text - write };
}

/** Meters what is stored, and sees to it that what failed because of us is done when the call is repeated. */
function settle(c: Context<App>, accepted: readonly AcceptedItem[], written: readonly WriteItemResult[]): void {
  const stored = accepted.filter((_, i) => written[i]?.status === "stored");
  const ours = written
    .flatMap((result) => (result.status === "failed" ? ApiError.fromDetail(result.error) : []))
    .find(({ status }) => status >= 500);
  if (ours && stored.length === 0) throw ours;
  if (ours) c.set("isIncomplete", true);
  meter(c, stored.length > 0 ? workOf(stored) : NOTHING);
}

/** @returns what has become of each item, in order. */
async function writeEverywhere(
  c: Context<App>,
  record: CollectionRecord,
  accepted: readonly AcceptedItem[],
): Promise<readonly WriteItemResult[]> {
  const first = await callBackend(c, record, accepted, record.pictures);
  await keepPictures(c, record, accepted, first);
  return record.mirror ? mirrored(c, record.mirror.at, accepted, first) : first;
}

/** @returns the results of the items of which one place or the other says no. */
async function mirrored(
  c: Context<App>,
  place: Placement,
  accepted: readonly AcceptedItem[],
  first: readonly WriteItemResult[],
): Promise<readonly WriteItemResult[]> {
  const stored = accepted.filter((_, i) => first[i]?.status === "stored");
  if (stored.length === 0) return first;
  const second = (await callBackend(c, place, stored, false)).values();
  return first.map((result) => {
    if (result.status === "failed") return result;
    const { value } = second.next();
    return value?.status === "failed" ? value : result;
  });
}

async function callBackend(
  c: Context<App>,
  place: Placement,
  accepted: readonly AcceptedItem[],
  pictures: boolean,
): Promise<readonly WriteItemResult[]> {
  const request: WriteItemsRequest = {
    model: { id: place.model, revision: place.revision },
    collection: place.scope,
    pictures,
    items: accepted.map(({ id, metadata, source }) => ({ id, metadata, source })),
  };
  const { results, timings } = await c.var.services.backend.call(
    "/internal/v1/items",
    request,
    WriteItemsResponse,
    callContext(c),
  );
  if (results.length !== accepted.length) throw new ApiError("backend_invalid_response");
  c.var.timing.addBackend(timings);
  return results;
}

/** An item that is replaced by one without a picture loses the old picture. */
async function keepPictures(
  c: Context<App>,
  record: CollectionRecord,
  accepted: readonly AcceptedItem[],
  written: readonly WriteItemResult[],
): Promise<void> {
  const pictures = picturesOf(c, record);
  const stored = accepted.flatMap(({ id }, i) => {
    const result = written[i];
    return result?.status === "stored" ? [{ id, picture: result.picture }] : [];
  });
  const withPicture = stored.filter(({ picture }) => picture);
  const without = stored.filter(({ picture }) => !picture).map(({ id }) => id);
  if (without.length > 0) await pictures.delete(without);
  for (let i = 0; i < withPicture.length; i += PICTURE_CONCURRENCY) {
    await Promise.all(
      withPicture.slice(i, i + PICTURE_CONCURRENCY).map(({ id, picture }) => picture && pictures.put(id, picture)),
    );
  }
}

function toItemResult(id: string, result: WriteItemResult, param: string): ItemResult {
  if (result.status === "stored")
    return { id, status: "stored", ...(result.truncated && { truncated: true as const }) };
  return { id, status: "failed", error: { ...result.error, param } };
}
