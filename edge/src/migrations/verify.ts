/** Whether a collection's index is what it should be: what lies in each of its places, and what a search there misses. */
import type { Verification } from "@sightline/shared/api/migrations";
import { writeCursor } from "@sightline/shared/store/cursor";
import { PointId } from "@sightline/shared/store/point-id";
import { type Hit, hasVector, type Point, type Scope, type VectorSpace } from "@sightline/shared/store/port";
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
/** What rounding may do to the cosine of a vector with itself; a vector that is damaged hardly stays of length 1. */
const ROUNDING = 1e-3;
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
  let lost = 0;
  let longestMs = 0;
  for (const probe of probes) {
    const before = remainingMs();
    if (shares.length > 0 && before < MARGIN * longestMs) break;
    const { share, isFound } = await searchFor(store, space, scope(place), probe);
    shares.push(share);
    if (!isFound) lost++;
    longestMs = Math.max(longestMs, before - remainingMs());
  }
  const recall: Recall | null =
    shares.length === 0
      ? null
      : {
          sample: shares.length,
          lost,
          mean: shares.reduce((a, b) => a + b, 0) / shares.length,
          least: Math.min(...shares),
        };
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

interface Searched {
  /** Of the true nearest, the point itself aside. */
  readonly share: number;
  /** Whether the point itself came first. */
  readonly isFound: boolean;
}

async function searchFor(store: EdgeStore, space: VectorSpace, scope: Scope, point: Point): Promise<Searched> {
  const { id, vector } = point;
  const query = { vector, topK: NEAREST + 1 };
  const [found, all] = await Promise.all([
    store.search(space, scope, query),
    store.search(space, scope, { ...query, effort: "exhaustive" }),
  ]);
  const truth = all.filter((hit) => hit.id !== id).slice(0, NEAREST);
  const last = truth.at(-1);
  const isFound = comesFirst(found, id) || (await hasChanged(store, space, scope, point));
  // It may have been deleted since it was drawn, and everything with it.
  if (!last) return { share: 1, isFound };
  const right = found.filter((hit) => hit.id !== id && hit.score >= last.score - TIE);
  return { share: Math.min(right.length, truth.length) / truth.length, isFound };
}

/** Whether what a search by an item's own vector found begins with it, or with others that are as near as it should be. */
function comesFirst(found: readonly Hit[], id: Point["id"]): boolean {
  const itself = found.find((hit) => hit.id === id) ?? (found.length > NEAREST ? found.at(-1) : undefined);
  const first = found[0];
  if (!itself || !first) return false;
  return Math.abs(itself.score - 1) < ROUNDING && itself.score >= first.score - ROUNDING;
}

async function hasChanged(store: EdgeStore, space: VectorSpace, scope: Scope, { id, vector }: Point): Promise<boolean> {
  const [now] = await store.get(space, scope, [id]);
  return !now || now.vector.some((value, i) => !Object.is(value, vector[i]));
}
