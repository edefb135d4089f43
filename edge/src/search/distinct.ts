/** Near-identical hits once. */
import type { Hit } from "@sightline/shared/store/port";
import { dot } from "@sightline/shared/vectors";

export interface DistinctHit {
  readonly hit: Hit;
  /** Ids of hits further down that are nearly the same. */
  readonly similar: readonly string[];
}

/**
 * Goes down the list and puts each hit under the first better one that it nearly equals.
 * @param hits best first, with vectors.
 * @param threshold cosine from which on two hits count as the same.
 */
export function distinctHits(hits: readonly Hit[], threshold: number): DistinctHit[] {
  const kept: { hit: Hit; similar: string[] }[] = [];
  for (const hit of hits) {
    const better = kept.find(({ hit: { vector } }) => vector && hit.vector && dot(vector, hit.vector) >= threshold);
    if (better) better.similar.push(hit.id);
    else kept.push({ hit, similar: [] });
  }
  return kept;
}
