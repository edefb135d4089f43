/** `POST /v1/collections/{name}/search`: nearest neighbours by words, by picture, by a stored item or by a vector. */
import { CollectionParams, SearchRequest, SearchResponse } from "@sightline/shared/api/collections";
import { parseInput } from "@sightline/shared/api/input";
import { ApiError } from "@sightline/shared/errors";
import type { ItemId } from "@sightline/shared/ids";
import type { Context } from "hono";
import { z } from "zod";
import { registryOf, scopeOf, storeOf } from "../collections/access.ts";
import { type CollectionRecord, spaceOf } from "../collections/registry.ts";
import { parseVector } from "../collections/write-items.ts";
import type { App } from "../context.ts";
import { vectorOf } from "../embeddings/entry.ts";
import { check, readBody } from "../http/body.ts";
import { catalogueContext, embedAll } from "../inference.ts";
import { admit } from "../middleware/admission.ts";
import { requireScope } from "../middleware/identity.ts";
import type { Router } from "../router.ts";

type Query = z.infer<typeof SearchRequest>["query"];

export function search(router: Router): void {
  router.add(
    {
      method: "post",
      path: "/v1/collections/{name}/search",
      operationId: "search",
      summary: "Search a collection",
      description:
        "By a text, an image, the id of a stored item or a vector. An image query may also be sent as multipart/form-data.",
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
      const record = await registryOf(c).get(name);
      const { vector, exclude } = await queryVector(c, record, request.query);
      const hits = await c.var.timing.measure(
        "search",
        storeOf(c).search(spaceOf(record), scopeOf(c, record), {
          vector,
          topK: request.top_k + (exclude ? 1 : 0),
          modality: request.modality,
          filter: request.filter,
          scoreThreshold: request.score_threshold,
          includeVectors: request.include.includes("embedding"),
        }),
      );
      const withMetadata = request.include.includes("metadata");
      return c.json({
        results: hits
          .filter((hit) => hit.id !== exclude)
          .slice(0, request.top_k)
          .map((hit) => ({
            id: hit.id,
            score: hit.score,
            modality: hit.modality,
            ...(withMetadata && { metadata: hit.metadata }),
            ...(hit.vector && { embedding: Array.from(hit.vector) }),
          })),
      } satisfies SearchResponse);
    },
  );
}

interface QueryVector {
  readonly vector: Float32Array;
  /** The item that is itself the query. */
  readonly exclude?: ItemId;
}

async function queryVector(c: Context<App>, record: CollectionRecord, query: Query): Promise<QueryVector> {
  if (typeof query === "object" && "id" in query) {
    await admit(c, { search: 1 });
    const [point] = await storeOf(c).get(spaceOf(record), scopeOf(c, record), [query.id]);
    if (!point)
      throw new ApiError("item_not_found", {
        param: "query.id",
        message: `There is no item "${query.id}" in this collection.`,
      });
    return { vector: point.vector, exclude: query.id };
  }
  if (typeof query === "object" && "embedding" in query) {
    const vector = parseVector(query.embedding, record.dims, "query.embedding");
    await admit(c, { search: 1 });
    return { vector };
  }
  const input = parseInput(query, "query");
  // The revision that made the collection's vectors, whichever is preferred by now.
  const made = { id: record.model, revision: record.revision };
  const model = await c.var.services.models.findRevision(made, catalogueContext(c));
  const [entry] = await embedAll(c, model, [{ param: "query", input }], { search: 1 });
  if (!entry) throw new ApiError("internal_error");
  return { vector: vectorOf(entry) };
}
