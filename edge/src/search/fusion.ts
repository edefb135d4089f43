/** Several lists of hits become one. */
import type { Hit } from "@sightline/shared/store/port";

/** Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods" (2009). */
const K = 60;

/** @param lists each best first. @returns every hit once, its score Σ 1 / (60 + rank) over the lists; ties by id. */
export function fuse(lists: readonly (readonly Hit[])[]): Hit[] {
  const fused = new Map<string, Hit>();
  for (const list of lists) {
    list.forEach((hit, i) => {
      const score = (fused.get(hit.id)?.score ?? 0) + 1 / (K + i + 1);
      fused.set(hit.id, { ...hit, score });
    });
  }
  return [...fused.values()].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}
