/**
 * Vectors among which the right neighbours are hard to tell. Points lie in clusters of different sizes, around their centre in
 * all directions alike: in so many dimensions everything in a cluster is almost equally far from a query, so that the tenth
 * nearest and the hundredth differ by a hundredth or two of their cosine, and no direction leads from one to the other. An
 * index that walks a graph, and one that searches by compressed vectors, mixes these up. Queries come from beside the
 * clusters, as texts do among pictures.
 */
import { CollectionName, ItemId, ModelId, Revision, TenantId } from "@sightline/shared/ids";
import type { Point, Scope, VectorSpace } from "@sightline/shared/store/port";
import { dot, normalise } from "@sightline/shared/vectors";
import { seededRandom } from "./random.ts";

const CLUSTERS = 50;
/** Length of what is added to a centre: points of a cluster have a cosine of about 0.5 with each other. */
const SPREAD = 1;
/** Of what all queries have in common and no point has. */
const GAP = 0.7;
/** One in ten: the filter's selectivity. */
const GROUPS = 10;

export const SCOPE: Scope = { tenant: TenantId.parse("bench"), collection: CollectionName.parse("clustered") };
export const FILTER = { field: "group", eq: 3 } as const;

export const spaceOf = (dims: number): VectorSpace => ({
  id: ModelId.parse("bench"),
  revision: Revision.parse("1"),
  dims,
});

export class ClusteredData {
  readonly dims: number;
  readonly #centres: readonly Float32Array[];

  constructor(dims: number) {
    this.dims = dims;
    this.#centres = Array.from({ length: CLUSTERS }, (_, i) => direction(dims, seededRandom(1000 + i)));
  }

  /** The n-th point; the same in every run. */
  point(n: number): Point {
    const random = seededRandom(1_000_000 + n);
    const vector = this.#beside(random, SPREAD);
    const metadata = { group: n % GROUPS, name: `thing number ${n}`, price: Math.round(10_000 * random()) / 100 };
    return { id: ItemId.parse(`item-${n}`), modality: "image", vector, metadata };
  }

  points(from: number, to: number): Point[] {
    return Array.from({ length: to - from }, (_, i) => this.point(from + i));
  }

  query(n: number): Float32Array {
    const vector = this.#beside(seededRandom(500_000 + n), SPREAD);
    const gap = direction(this.dims, seededRandom(7));
    for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) + GAP * (gap[i] as number);
    normalise(vector);
    return vector;
  }

  #beside(random: () => number, spread: number): Float32Array {
    // The square of a uniform number prefers low ones: the first cluster has 14 % of all points, the last 1 %.
    const centre = this.#centres[Math.floor(CLUSTERS * random() ** 2)] as Float32Array;
    const vector = direction(this.dims, random);
    for (let i = 0; i < vector.length; i++) vector[i] = (centre[i] as number) + spread * (vector[i] as number);
    normalise(vector);
    return vector;
  }
}

/** A unit vector. Uniform coordinates serve as well as normal ones in hundreds of dimensions. */
function direction(dims: number, random: () => number): Float32Array {
  const vector = Float32Array.from({ length: dims }, () => random() - 0.5);
  normalise(vector);
  return vector;
}

export interface Truth {
  /** The `topK` nearest, best first. */
  readonly ids: readonly ItemId[];
  /** How much nearer the tenth is than the hundredth, as cosines. */
  readonly margin: number;
}

export interface Answer {
  readonly all: Truth;
  readonly filtered: Truth;
}

/** The exact answers to each query, with the filter and without, computed here as points come. */
export class ExactAnswers {
  readonly #queries: readonly Float32Array[];
  readonly #topK: number;
  /** Per query the scores of all points, by their number. */
  readonly #scores: readonly number[][];

  constructor(queries: readonly Float32Array[], topK: number) {
    this.#queries = queries;
    this.#topK = topK;
    this.#scores = queries.map(() => []);
  }

  /** The next points, in the order of their numbers. */
  add(points: readonly Point[]): void {
    for (const { vector } of points) {
      for (const [q, query] of this.#queries.entries()) this.#scores[q]?.push(dot(query, vector));
    }
  }

  answers(): readonly Answer[] {
    const places = Array.from({ length: this.#scores[0]?.length ?? 0 }, (_, n) => n);
    const matching = places.filter((n) => n % GROUPS === FILTER.eq);
    return this.#scores.map((own) => ({ all: this.#best(own, places), filtered: this.#best(own, matching) }));
  }

  #best(own: readonly number[], among: readonly number[]): Truth {
    // Sorting plain numbers takes a fraction of sorting places by them.
    const least =
      Float64Array.from(among, (n) => own[n] as number)
        .sort()
        .at(-100) ?? Number.NEGATIVE_INFINITY;
    const nearest = among.filter((n) => (own[n] as number) >= least);
    const sorted = nearest.sort((a, b) => (own[b] as number) - (own[a] as number));
    const at = (rank: number) => own[sorted[Math.min(rank, sorted.length) - 1] as number] as number;
    return { ids: sorted.slice(0, this.#topK).map((n) => ItemId.parse(`item-${n}`)), margin: at(10) - at(100) };
  }
}
