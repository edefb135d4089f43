/** What the parts of the conformance suite share: fresh scopes, points, and the reference answers. */
import type { Modality } from "../../api/collections.ts";
import { matchesFilter } from "../../api/filter.ts";
import { CollectionName, ItemId, ModelId, Revision, TenantId } from "../../ids.ts";
import { dot, normalise } from "../../vectors.ts";
import type { Point, Scope, SearchQuery, VectorSpace, VectorStore } from "../port.ts";

const DIMS = 8;
/** Stores may quantise for searching, and rescore in float32 of another summation order. */
export const SCORE_DIGITS = 3;

export class ConformanceRun {
  /** Names are unique to the run: a shared server may still hold those of another. */
  readonly #id = crypto.randomUUID().slice(0, 8);
  readonly #spaces = new Map<string, VectorSpace>();
  #scopes = 0;
  #store: VectorStore | undefined;

  get store(): VectorStore {
    if (!this.#store) throw new Error("the store is made in beforeAll");
    return this.#store;
  }

  set store(store: VectorStore) {
    this.#store = store;
  }

  readonly space = this.spaceNamed("first");

  spaceNamed(revision: string): VectorSpace {
    const space = { id: ModelId.parse(`conformance-${this.#id}`), revision: Revision.parse(revision), dims: DIMS };
    this.#spaces.set(revision, space);
    return space;
  }

  /** All that were asked for. */
  get spaces(): readonly VectorSpace[] {
    return [...this.#spaces.values()];
  }

  /** A scope that nothing was ever written to. */
  freshScope(): Scope {
    return scope(`tenant-${this.#id}-${this.#scopes++}`, "things");
  }
}

export const scope = (tenant: string, collection: string): Scope => ({
  tenant: TenantId.parse(tenant),
  collection: CollectionName.parse(collection),
});

export const itemId = (text: string): ItemId => ItemId.parse(text);

/** A unit vector that depends on the seed alone. */
export function vectorOf(seed: number): Float32Array {
  const random = seededRandom(seed);
  const vector = Float32Array.from({ length: DIMS }, () => random() - 0.5);
  normalise(vector);
  return vector;
}

interface PointParts {
  readonly modality?: Modality;
  readonly vector?: Float32Array;
  readonly metadata?: Point["metadata"];
  readonly text?: string;
}

/** The vector depends on the id alone, unless one is given. */
export function point(id: string, parts: PointParts = {}): Point {
  const seed = [...id].reduce((hash, char) => Math.imul(hash, 31) + (char.codePointAt(0) ?? 0), 7);
  const { modality = "image", vector = vectorOf(seed), metadata = {}, text } = parts;
  return { id: itemId(id), modality, vector, metadata, ...(text !== undefined && { text }) };
}

export const points = (count: number, metadata: (n: number) => Point["metadata"] = () => ({})): Point[] =>
  Array.from({ length: count }, (_, n) => point(`item-${n}`, { metadata: metadata(n) }));

export const idsOf = (items: readonly { readonly id: ItemId }[]): ItemId[] => items.map(({ id }) => id);

/** The right answer to a search over these points. */
export function exactSearch(all: readonly Point[], query: SearchQuery): { id: ItemId; score: number }[] {
  return all
    .filter((p) => query.modality === undefined || p.modality === query.modality)
    .filter((p) => !query.filter || matchesFilter(query.filter, p.metadata))
    .map((p) => ({ id: p.id, score: dot(p.vector, query.vector) }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .slice(0, query.topK);
}

/** Mulberry32 (T. Ettinger): numbers in [0, 1), small, seeded, the same in every runtime. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
