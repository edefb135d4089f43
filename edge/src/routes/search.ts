/** `POST /v1/collections/{name}/search`: nearest neighbours by words, by picture, by a stored item or by a vector. */
import { CollectionParams, type SearchQuery, SearchRequest, SearchResponse } from "@sightline/shared/api/collections";
import { ApiError } from "@sightline/shared/errors";
import type { ItemId } from "@sightline/shared/ids";
import { LIMITS, type Work } from "@sightline/shared/limits";
import type { Hit } from "@sightline/shared/store/port";
import type { Context } from "hono";
import { z } from "zod";
import { registryOf, scopeOf, storeOf } from "../collections/access.ts";
import { type CollectionRecord, spaceOf } from "../collections/registry.ts";
import type { App } from "../context.ts";
import { check, readBody } from "../http/body.ts";
import { foundOrCharged } from "../middleware/admission.ts";
import { checkScope, requireScope } from "../middleware/identity.ts";
import type { Router } from "../router.ts";
import { depthOf } from "../search/depth.ts";
import { fetchedWithHits, withDetails } from "../search/details.ts";
import { type DistinctHit, distinctHits } from "../search/distinct.ts";
import { fuse } from "../search/fusion.ts";
import { without } from "../search/negation.ts";
import { type NamedQuery, queryVectors } from "../search/query-vectors.ts";
import { questionOf, type VerifiedHit, verify } from "../search/verify.ts";

type Request = z.infer<typeof SearchRequest>;

export function search(router: Router): void {
  router.add(
    {
      method: "post",
      path: "/v1/collections/{name}/search",
      operationId: "search",
      summary: "Search a collection",
      description:
        "By a text, an image, the id of a stored item or a vector, or by several of them; `negative` says what it should not be. " +
        "An image query may also be sent as multipart/form-data.",
      tag: "Search",
      params: CollectionParams,
      body: SearchRequest,
      bodyTypes: {
        "multipart/form-data": SearchRequest.omit({ query: true }).extend({
          image: z.string().meta({ format: "binary" }),
        }),
      },
      answer: SearchResponse,
    },
    requireScope("search"),
    async (c) => {
      const { name } = check(CollectionParams, c.req.param());
      const request = await readBody(c, SearchRequest, { multipart: (image) => ({ query: { image } }) });
      const record = await foundOrCharged(c, registryOf(c).get(name));
      const results = await findResults(c, record, request);
      const withMetadata = request.include.includes("metadata");
      const withVector = request.include.includes("embedding");
      return c.json({
        results: results.map(({ hit, similar, verdict }) => ({
          id: hit.id,
          score: hit.score,
          modality: hit.modality,
          ...(withMetadata && hit.metadata && { metadata: hit.metadata }),
          ...(withVector && hit.vector && { embedding: Array.from(hit.vector) }),
          ...(similar.length > 0 && { similar: [...similar] }),
          ...(verdict && { entailment: verdict }),
        })),
      } satisfies SearchResponse);
    },
  );
}

/** What is answered: at most `top_k`, in their order. */
async function findResults(
  c: Context<App>,
  record: CollectionRecord,
  request: Request,
): Promise<readonly VerifiedHit[]> {
  const { distinct, top_k: topK } = request;
  const question = questionOf(request);
  if (question) checkScope(c, "entail");
  // What is to be judged is as much as may be: the picture that shows it best may stand below the first `top_k`.
  const most = question ? Math.max(topK, LIMITS.verifiedPerSearch) : topK;
  const work = question ? { pair: LIMITS.verifiedPerSearch } : {};
  const hits = await findHits(c, record, { ...request, top_k: most }, work);
  const found: readonly DistinctHit[] =
    distinct === undefined ? hits.map((hit) => ({ hit, similar: [] })) : distinctHits(hits, distinct, most);
  const best = question ? await verify(c, record, found, question) : found;
  return withDetails(c, record, request, best.slice(0, topK));
}

/** Best first; enough of them that `top_k` are left when the queries' own items and near-identical ones are taken out. */
async function findHits(
  c: Context<App>,
  record: CollectionRecord,
  request: Request,
  more: Work,
): Promise<readonly Hit[]> {
  const positive = named(request.query, "query");
  const negative = named(request.negative ?? [], "negative");
  const vectors = await queryVectors(c, record, [...positive, ...negative], { search: positive.length, ...more });
  const negatives = vectors.slice(positive.length);
  const excluded = new Set([...positive, ...negative].flatMap(({ query }) => itemOf(query)));
  const { perQuery, fused } = depthOf(request, positive.length);
  const search = positive.map(({ param }, i) =>
    storeOf(c).search(spaceOf(record), scopeOf(c, record), {
      vector: move(vectors[i], negatives, param),
      topK: perQuery + excluded.size,
      modality: request.modality,
      filter: request.filter,
      scoreThreshold: request.score_threshold,
      effort: request.rerank?.type === "exact" ? "wide" : undefined,
      ...fetchedWithHits(request, positive.length),
    }),
  );
  const lists = await c.var.timing.measure("search", Promise.all(search));
  const hits = lists.length > 1 ? fuse(lists) : (lists[0] ?? []);
  return hits.filter(({ id }) => !excluded.has(id)).slice(0, fused);
}

/** The list form and the single form of a field. */
const named = (queries: SearchQuery | readonly SearchQuery[], field: string): NamedQuery[] =>
  Array.isArray(queries)
    ? queries.map((query: SearchQuery, i) => ({ param: `${field}[${i}]`, query }))
    : [{ param: field, query: queries as SearchQuery }];

const itemOf = (query: SearchQuery): ItemId[] => (typeof query === "object" && "id" in query ? [query.id] : []);

function move(vector: Float32Array | undefined, negatives: readonly Float32Array[], param: string): Float32Array {
  if (!vector) throw new ApiError("internal_error");
  if (negatives.length === 0) return vector;
  const rest = without(vector, negatives);
  if (rest) return rest;
  throw new ApiError("invalid_request", { param, message: `${param}: nothing is left of it without \`negative\`.` });
}
