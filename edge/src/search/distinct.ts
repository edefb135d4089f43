/** Near-identical hits once. */
import type { Hit } from "@sightline/shared/store/port";
import { dot } from "@sightline/shared/vectors";

export interface DistinctHit {
  readonly hit: Hit;
  /** Ids of hits further down that are nearly the same. */
  readonly similar: readonly string[];
}

/** In 32-bit floats a unit vector's product with itself is as often a little below 1 as above. */
const ROUNDING = 1e-6;

/**
 * Goes down the list and puts each hit under the first better one that it nearly equals. Compares each with `most` others at
 * most: of 800 hits of 512 dimensions 200 are found in a tenth of a second.
 * @param hits best first, with vectors.
 * @param threshold cosine from which on two hits count as the same.
 * @param most how many are answered; what is like none of them is left out.
 */
export function distinctHits(hits: readonly Hit[], threshold: number, most: number): DistinctHit[] {
  const kept: { hit: Hit; similar: string[] }[] = [];
  for (const hit of hits) {
    const better = kept.find(
      ({ hit: { vector } }) => vector && hit.vector && dot(vector, hit.vector) >= threshold - ROUNDING,
    );
    if (better) better.similar.push(hit.id);
    else if (kept.length < most) kept.push({ hit, similar: [] });
  }
  return kept;
}
