/** How many hits a search asks for, so that enough are left to be answered and what is done with them stays a matter of moments. */
import type { SearchRequest } from "@sightline/shared/api/collections";
import type { z } from "zod";

/** Of several queries so many hits each are fused, however few are asked for: ranks further down count too. */
const FUSION_DEPTH = 50;
/** Hits for each one that is asked for, where near-identical ones are to be taken out. */
const OVERFETCH = 4;

export interface Depth {
  /** Of each query's own hits. */
  readonly perQuery: number;
  /** Of the fused ones. */
  readonly fused: number;
}

/**
 * Several queries share what a single one overfetches. With vectors, but without metadata, that is at most 1 600 hits: what an
 * isolate has memory for and reads in a tenth of a second.
 */
export function depthOf(
  { top_k, distinct }: Pick<z.infer<typeof SearchRequest>, "top_k" | "distinct">,
  queries: number,
): Depth {
  const fused = top_k * (distinct === undefined ? 1 : OVERFETCH);
  const perQuery = queries > 1 ? Math.max(FUSION_DEPTH, top_k, Math.ceil(fused / queries)) : fused;
  return { perQuery, fused };
}
