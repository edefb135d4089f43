/**
 * Metadata and vectors of what a search answers. They come with the hits where no more are looked at than answered. Of several queries'
 * hits, or those among which near-identical ones are looked for, they are read afterwards, for the answered ones alone: 1 600 hits
 * with 16 kB of metadata each are more than an isolate has memory for.
 */
import type { SearchRequest } from "@sightline/shared/api/collections";
import type { Context } from "hono";
import type { z } from "zod";
import { scopeOf, storeOf } from "../collections/access.ts";
import { type CollectionRecord, spaceOf } from "../collections/registry.ts";
import type { App } from "../context.ts";
import type { VerifiedHit } from "./verify.ts";

type Request = Pick<z.infer<typeof SearchRequest>, "distinct" | "include">;

/** @returns what the store is asked for with each hit. */
export function fetchedWithHits({ distinct, include }: Request, queries: number) {
  const isAll = queries === 1 && distinct === undefined;
  return {
    withMetadata: isAll && include.includes("metadata"),
    includeVectors: distinct !== undefined || (isAll && include.includes("embedding")),
  };
}

/** @returns the hits with all that is to be answered of them, without those that were deleted meanwhile. */
export async function withDetails(
  c: Context<App>,
  record: CollectionRecord,
  { include }: Request,
  hits: readonly VerifiedHit[],
): Promise<readonly VerifiedHit[]> {
  const isMissing = hits.some(
    ({ hit: { metadata, vector } }) =>
      (include.includes("metadata") && !metadata) || (include.includes("embedding") && !vector),
  );
  if (!isMissing) return hits;
  const ids = hits.map(({ hit }) => hit.id);
  const points = await c.var.timing.measure("search", storeOf(c).get(spaceOf(record), scopeOf(c, record), ids));
  return hits.flatMap((one, i) => {
    const point = points[i];
    return point ? [{ ...one, hit: { ...one.hit, metadata: point.metadata, vector: point.vector } }] : [];
  });
}
