/** Requests and answers of `/v1/collections` and what lies below it. */
import { z } from "zod";
import { ErrorDetail } from "../errors.ts";
import { CollectionName, ItemId, ModelId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { Judgement } from "./entailment.ts";
import { Filter } from "./filter.ts";
import { Model } from "./inference.ts";
import { ImageInput, ImageValue, TextInput, TextValue } from "./input.ts";

export const Modality = z.enum(["text", "image"]);
export type Modality = z.infer<typeof Modality>;

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const JsonValue: z.ZodType<Json> = z
  .lazy(() =>
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(JsonValue), z.record(z.string(), JsonValue)]),
  )
  .meta({ id: "JsonValue" });

/** Its size and depth are looked at before each of its values is. */
export const Metadata = z
  .preprocess(
    (value, context) => {
      const message = excessOf(value);
      if (message === undefined) return value;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    },
    z.record(z.string().min(1).max(128), JsonValue),
  )
  .meta({ example: { colour: "red", price: 3 } });
export type Metadata = Readonly<Record<string, unknown>>;

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

function excessOf(metadata: unknown): string | undefined {
  const json = JSON.stringify(metadata) ?? "";
  if (json.length > LIMITS.metadataBytes || new TextEncoder().encode(json).length > LIMITS.metadataBytes)
    return `metadata is at most ${LIMITS.metadataBytes} bytes as JSON`;
  let level = [metadata].filter(isContainer);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === LIMITS.metadataDepth) return `metadata nests at most ${LIMITS.metadataDepth} levels deep`;
    level = level.flatMap((container) => Object.values(container)).filter(isContainer);
  }
  return undefined;
}

/** A list is cut behind the first of its elements that is no number: zod would keep a complaint about each of 4,096. */
const upToFirstOther = (value: unknown): unknown => {
  const other = Array.isArray(value) ? value.findIndex((element) => !Number.isFinite(element)) : -1;
  return Array.isArray(value) && other >= 0 ? value.slice(0, other + 1) : value;
};

const EmbeddingValue = z
  .preprocess(upToFirstOther, z.array(z.number()).min(1).max(4096))
  .meta({ description: "A vector of the collection's model; normalised on arrival" });

export const CollectionParams = z.object({ name: CollectionName });
export const ItemParams = z.object({ name: CollectionName, id: ItemId });

export const PutCollectionRequest = z
  .strictObject({
    model: ModelId.optional(),
    description: z.string().max(1024).optional(),
    pictures: z.boolean().optional().meta({
      description: "Keep a picture of each image item (default). A change counts for items written from then on",
    }),
  })
  .meta({ id: "PutCollectionRequest" });

export const Collection = z
  .object({
    name: z.string(),
    model: z.string(),
    revision: z.string(),
    description: z.string(),
    pictures: z.boolean(),
    created_at: z.string().meta({ description: "RFC 3339, UTC" }),
    items: z.object({ text: z.number().int(), image: z.number().int(), total: z.number().int() }),
  })
  .meta({ id: "Collection" });
export type Collection = z.infer<typeof Collection>;

export const CollectionList = z
  .object({ object: z.literal("list"), data: z.array(Collection.omit({ items: true })) })
  .meta({ id: "CollectionList" });

const itemBase = { id: ItemId, metadata: Metadata.default({}) };

export const ItemInput = z
  .union([
    z.strictObject({ ...itemBase, text: TextValue }).meta({ title: "text" }),
    z.strictObject({ ...itemBase, image: ImageValue }).meta({ title: "image" }),
    z
      .strictObject({
        ...itemBase,
        embedding: EmbeddingValue,
        modality: Modality.default("image").meta({ description: "What the vector was made from" }),
      })
      .meta({ title: "embedding" }),
  ])
  .meta({ id: "ItemInput" });
export type ItemInput = z.infer<typeof ItemInput>;

const itemsOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .min(1, { message: "at least one item" })
    .max(LIMITS.itemsPerCall, { message: `at most ${LIMITS.itemsPerCall} items per call` });

/** As callers write it. */
export const PutItemsRequest = z.strictObject({ items: itemsOf(ItemInput) }).meta({ id: "PutItemsRequest" });

/** As it is read: each item is parsed alone. */
export const PutItemsEnvelope = z.strictObject({ items: itemsOf(z.unknown()) });

export const PutItemsResponse = z
  .object({
    succeeded: z.number().int(),
    failed: z.number().int(),
    results: z
      .array(
        z.union([
          z.object({ id: z.string(), status: z.literal("stored"), truncated: z.literal(true).optional() }),
          z.object({
            id: z.string().nullable().meta({ description: "null where the item has no valid id" }),
            status: z.literal("failed"),
            error: ErrorDetail,
          }),
        ]),
      )
      .meta({ description: "One per item, in the request's order. `stored` means durable in the vector store" }),
  })
  .meta({ id: "PutItemsResponse" });
export type PutItemsResponse = z.infer<typeof PutItemsResponse>;

export const Item = z
  .object({
    id: z.string(),
    modality: Modality,
    metadata: z.record(z.string(), z.unknown()),
    text: z.string().optional().meta({ description: "Of an item that was given as a text" }),
    embedding: z.array(z.number()).optional(),
  })
  .meta({ id: "Item" });
export type Item = z.infer<typeof Item>;

export const ListItemsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LIMITS.pageSize).default(50),
  cursor: z.string().min(1).max(1024).optional(),
});

export const ItemList = z
  .object({ object: z.literal("list"), data: z.array(Item), next_cursor: z.string().nullable() })
  .meta({ id: "ItemList" });

export const DeleteItemsRequest = z
  .union([z.strictObject({ ids: z.array(ItemId).min(1).max(LIMITS.itemsPerCall) }), z.strictObject({ filter: Filter })])
  .meta({ id: "DeleteItemsRequest" });

export const DeletedResponse = z.object({ deleted: z.number().int() }).meta({ id: "DeletedResponse" });

const SearchQuery = z.union([
  TextValue,
  TextInput,
  ImageInput,
  z
    .strictObject({ id: ItemId })
    .meta({ title: "{id}", description: "The vector of a stored item; it is left out of the results" }),
  z.strictObject({ embedding: EmbeddingValue }).meta({ title: "{embedding}" }),
]);
export type SearchQuery = z.infer<typeof SearchQuery>;

const Rerank = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("exact") }).meta({
      description:
        "Many more candidates than usual are weighed by their full-precision vectors: better recall, more time",
    }),
    z
      .strictObject({
        type: z.literal("entailment"),
        hypothesis: TextValue.optional().meta({ description: "What a picture is to show; the query's text if absent" }),
        model: Model,
      })
      .meta({
        description:
          `The kept pictures of the best ${LIMITS.verifiedPerSearch} candidates, however few are asked for, are judged as by /v1/entailment, and ` +
          "sorted by how likely each shows it; then `top_k` are answered. What has no picture, or stands further down, stays " +
          "behind, without a verdict. Needs the scope `entail` too; 16 compute units a picture.",
      }),
  ])
  .meta({ id: "Rerank", description: "What is done with the candidates before the best of them are returned" });

export const SearchRequest = z
  .strictObject({
    query: z
      .union([SearchQuery, z.array(SearchQuery).min(1, "at least one query").max(LIMITS.queriesPerSearch)])
      .meta({ example: "a red apple", description: "Several queries are fused by their ranks" }),
    negative: z.array(SearchQuery).min(1).max(LIMITS.queriesPerSearch).optional().meta({
      description:
        "«Not this»: what these share with the query is taken out of it; items named here by id are left out",
    }),
    modality: Modality.optional(),
    filter: Filter.optional(),
    top_k: z.number().int().min(1).max(LIMITS.topK).default(10),
    score_threshold: z.number().min(-1).max(1).optional().meta({ description: "Least cosine similarity" }),
    distinct: z.number().min(0.5).max(1).optional().meta({
      description:
        "Near-identical items once: a result whose cosine with a better one is at least this stands in that one's `similar`",
    }),
    rerank: Rerank.optional(),
    include: z
      .array(z.enum(["metadata", "embedding"]))
      .max(2)
      .default(["metadata"]),
  })
  .meta({ id: "SearchRequest" });

export const SearchResponse = z
  .object({
    results: z
      .array(
        z.object({
          id: z.string(),
          score: z.number().meta({
            description: "Cosine similarity, -1 to 1; of several queries the reciprocal rank fusion, Σ 1 / (60 + rank)",
          }),
          modality: Modality,
          metadata: z.record(z.string(), z.unknown()).optional(),
          embedding: z.array(z.number()).optional(),
          similar: z.array(z.string()).optional().meta({ description: "Near-identical items that were left out" }),
          entailment: Judgement.optional().meta({ description: "The verdict of `rerank`" }),
        }),
      )
      .meta({ description: "Sorted by score, highest first; reranked by entailment, by the probability of yes" }),
  })
  .meta({ id: "SearchResponse" });
export type SearchResponse = z.infer<typeof SearchResponse>;
