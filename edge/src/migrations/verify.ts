/** Whether a collection's index is what it should be: what lies in each of its places, and what a search there misses. */
import type { Verification } from "@sightline/shared/api/migrations";
import { writeCursor } from "@sightline/shared/store/cursor";
import { PointId } from "@sightline/shared/store/point-id";
import { hasVector, type Point, type Scope, type VectorSpace } from "@sightline/shared/store/port";
import type { Access } from "../collections/access.ts";
import type { Placement } from "../collections/placement.ts";
import { type CollectionRecord, placementOf, spaceOf } from "../collections/registry.ts";
import type { EdgeStore } from "../collections/remote-store.ts";

type Places = Pick<Access, "store" | "scope">;
type Place = Verification["places"][number];
type Recall = NonNullable<Place["recall"]>;

const NEAREST = 10;
/** Neighbours in the store's order, which is that of hashes, are strangers in every other respect: a few make one call. */
const RUN = 5;
/** Two that are equally near may change places: which of them is among the nearest is the store's choice. */
const TIE = 1e-5;
/** A search is begun only if there is time for one so much longer than the longest so far. */
const MARGIN = 2;

/**
 * Places share the time that is left. Where a search of everything takes long, fewer items are searched for.
 *
 * @param sample how many items are searched for in each place at most.
 * @param remainingMs how long the call may still take.
 */
export async function verify(
  access: Places,
  record: CollectionRecord,
  sample: number,
  remainingMs: () => number,
): Promise<Verification> {
  const roles: readonly (readonly [Place["role"], Placement])[] = [
    ["current", placementOf(record)],
    ...(record.mirror ? [[record.mirror.role, record.mirror.at] as const] : []),
  ];
  const places: Place[] = [];
  for (const [role, place] of roles) {
    const reserved = remainingMs() * (1 - 1 / (roles.length - places.length));
    places.push(await verifyPlace(access, role, place, sample, () => remainingMs() - reserved));
  }
  return { object: "verification", collection: record.name, places };
}

async function verifyPlace(
  { store, scope }: Places,
  role: Place["role"],
  place: Placement,
  sample: number,
  remainingMs: () => number,
): Promise<Place> {
  const space = spaceOf(place);
  const { text, image } = await store.count(space, scope(place));
  const probes = text + image < 2 ? [] : await drawPoints(store, space, scope(place), sample);
  const shares: number[] = [];
  let longestMs = 0;
  for (const probe of probes) {
    const before = remainingMs();
    if (shares.length > 0 && before < MARGIN * longestMs) break;
    shares.push(await recallOf(store, space, scope(place), probe));
    longestMs = Math.max(longestMs, before - remainingMs());
  }
  const recall: Recall | null =
    shares.length === 0
      ? null
      : { sample: shares.length, mean: shares.reduce((a, b) => a + b, 0) / shares.length, least: Math.min(...shares) };
  const { model, revision } = place;
  return { role, model, revision, items: { text, image, total: text + image }, recall };
}

/** Points from places of the store's order that are drawn at random; fewer where there are fewer. */
async function drawPoints(store: EdgeStore, space: VectorSpace, scope: Scope, sample: number): Promise<Point[]> {
  const drawn = new Map<string, Point>();
  for (let left = sample; left > 0; left -= RUN) {
    const cursor = await writeCursor(scope, randomPosition());
    const limit = Math.min(RUN, left);
    const { points } = await store.scroll(space, scope, { limit, cursor });
    // The order ends somewhere: what is missing comes from its beginning.
    const more = limit - points.length;
    const first = more > 0 ? (await store.scroll(space, scope, { limit: more })).points : [];
    for (const point of [...points, ...first].filter(hasVector)) drawn.set(point.id, point);
  }
  return [...drawn.values()];
}

/** A version 5 UUID like those of points. */
const randomPosition = (): PointId => PointId.parse(crypto.randomUUID().replace(/^(.{14})4/, "$15"));

/** The share of the true nearest that a search finds, the point itself aside. */
async function recallOf(store: EdgeStore, space: VectorSpace, scope: Scope, { id, vector }: Point): Promise<number> {
  const query = { vector, topK: NEAREST + 1 };
  const [found, all] = await Promise.all([
    store.search(space, scope, query),
    store.search(space, scope, { ...query, effort: "exhaustive" }),
  ]);
  const truth = all.filter((hit) => hit.id !== id).slice(0, NEAREST);
  const last = truth.at(-1);
  // It may have been deleted since it was drawn, and everything with it.
  if (!last) return 1;
  const right = found.filter((hit) => hit.id !== id && hit.score >= last.score - TIE);
  return Math.min(right.length, truth.length) / truth.length;
}
