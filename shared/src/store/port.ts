/**
 * The vector store as the product sees it. One physical space per model revision; inside it every call is confined to
 * one tenant's collection by a `Scope`, so that no adapter can be asked for data across tenants.
 *
 * Semantics that every adapter keeps (the conformance suite checks them):
 * - **vectors** are L2-normalised float32 of `space.dims` and come back as such, but for rounding; one of another length is
 *   refused, ApiError(vector_invalid), and nothing of its call is stored;
 * - **metadata** comes back as it was, as far as JSON can tell; nothing in it is called `__proto__`, which callers see to;
 * - **text**, where a point has one, comes back with the point, but not with a hit;
 * - `upsert` resolves only when all its points are durable, and replaces points of the same id whole; what it wrote is seen by
 *   every read that starts after it. If it rejects, any of its points may be written or not: it can be repeated. Of two writes
 *   of one point at the same time one wins whole. The ids of one call differ;
 * - `delete` resolves when none of what it found is there any more, and tells how many that were;
 * - `get` answers id by id, in the order asked for; an id may be asked for twice;
 * - `search` gives the `topK` nearest, nearest first. `score` is the cosine similarity, from -1 to 1; of equally near points the
 *   one of the lesser id (by UTF-16 code units) comes first, and which of them make the cut at `topK` is the store's choice. A
 *   hit at exactly the threshold is one. It is approximate, but exact for scopes of up to 1 000 points (where a store searches
 *   quantised vectors first, as exact as its rescoring), and the tenant filter never costs recall;
 * - **filters** mean what `matchesFilter` means, of missing fields, null, lists, and types: nothing is converted;
 * - `scroll` goes in one fixed order of the store's own and neither skips nor repeats a point that exists throughout, whatever
 *   comes and goes meanwhile. A cursor that was not given out in this scope is refused, ApiError(invalid_cursor);
 * - `count` is exact;
 * - a scope that holds nothing behaves like one that never existed, as does every scope of a space that was never ensured: empty
 *   results, zero counts, nothing to delete.
 *
 * Every method throws ApiError(store_unavailable) if the store cannot be reached in time.
 */
import { z } from "zod";
import type { Modality } from "../api/collections.ts";
import type { Filter } from "../api/filter.ts";
import type { CollectionName, ItemId, ModelRevision, TenantId } from "../ids.ts";

export interface VectorSpace extends ModelRevision {
  readonly dims: number;
}

export interface Scope {
  readonly tenant: TenantId;
  readonly collection: CollectionName;
}

export interface Point {
  readonly id: ItemId;
  readonly modality: Modality;
  readonly vector: Float32Array;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What the vector was made from, if that was a text: so that another model can make its own vector of it. */
  readonly text?: string | undefined;
}

export interface Hit extends Omit<Point, "vector" | "metadata" | "text"> {
  readonly score: number;
  readonly metadata?: Point["metadata"];
  readonly vector?: Float32Array;
}

export interface SearchQuery {
  readonly vector: Float32Array;
  readonly topK: number;
  readonly modality?: Modality | undefined;
  readonly filter?: Filter | undefined;
  /** Hits below this cosine are left out. */
  readonly scoreThreshold?: number | undefined;
  readonly includeVectors?: boolean | undefined;
  /** With metadata, unless this says no: those of 200 hits may be 3 MB. */
  readonly withMetadata?: boolean | undefined;
  /** How hard to look; a store that is exact anyway does the same for all. */
  readonly effort?: SearchEffort | undefined;
}

/**
 * `wide` weighs many more candidates by their full-precision vectors than a store does by itself; `exhaustive` weighs all of
 * them, in a time that grows with the scope: the truth that approximate answers are measured by.
 */
export const SearchEffort = z.enum(["wide", "exhaustive"]);
export type SearchEffort = z.infer<typeof SearchEffort>;

export interface ScrollQuery {
  readonly limit: number;
  readonly filter?: Filter | undefined;
  /** The `next` of the page before; from the start if absent. @throws ApiError(invalid_cursor) */
  readonly cursor?: string | undefined;
  /** With vectors, unless this says no: a page of them is a megabyte. */
  readonly withVectors?: boolean | undefined;
}

/** A point of a page, whose vector is there if it was asked for. */
export interface ScrolledPoint extends Omit<Point, "vector"> {
  readonly vector?: Float32Array;
}

export const hasVector = (point: ScrolledPoint): point is Point => point.vector !== undefined;

export interface Page {
  readonly points: readonly ScrolledPoint[];
  /** Present if there may be more. Opaque. */
  readonly next?: string | undefined;
}

export type DeleteSelector =
  | { readonly ids: readonly ItemId[] }
  | { readonly filter: Filter }
  | { readonly everything: true };

export interface StoreHealth {
  readonly status: "ok" | "degraded" | "down";
  readonly detail: string;
}

export interface VectorStore {
  /** Creates the space if it is missing. Idempotent. */
  ensure(space: VectorSpace): Promise<void>;
  /** Into a space that was ensured before. */
  upsert(space: VectorSpace, scope: Scope, points: readonly Point[]): Promise<void>;
  /** @returns how many points there were to delete. */
  delete(space: VectorSpace, scope: Scope, selector: DeleteSelector): Promise<number>;
  /** @returns one entry per id, undefined where there is no such point. */
  get(space: VectorSpace, scope: Scope, ids: readonly ItemId[]): Promise<(Point | undefined)[]>;
  scroll(space: VectorSpace, scope: Scope, query: ScrollQuery): Promise<Page>;
  search(space: VectorSpace, scope: Scope, query: SearchQuery): Promise<Hit[]>;
  count(space: VectorSpace, scope: Scope): Promise<Record<Modality, number>>;
  health(): Promise<StoreHealth>;
  close(): Promise<void>;
}
