/**
 * What edge and backend say to each other under `/internal/v1`: MessagePack bodies, so that images and vectors travel
 * as bytes. Both sides parse with these schemas. Vectors are little-endian float32 bytes.
 */
import { decode, encode } from "@msgpack/msgpack";
import { z } from "zod";
import { Modality } from "../api/collections.ts";
import { Filter } from "../api/filter.ts";
import { ErrorDetail } from "../errors.ts";
import { CollectionName, ItemId, ModelId, Revision, SnapshotName } from "../ids.ts";
import { SearchEffort } from "../store/port.ts";
import { packedSizeAtMost } from "./packed-size.ts";

export const MSGPACK = "application/msgpack";
/** Milliseconds that are left for the call when it is sent: clocks of edge and backend need not agree. */
export const DEADLINE_HEADER = "sightline-deadline-ms";

export const pack = (value: unknown): Uint8Array =>
  encode(value, { ignoreUndefined: true, initialBufferSize: packedSizeAtMost(value) });
/** @throws RangeError or DecodeError if the bytes are no MessagePack. */
export const unpack = (bytes: Uint8Array): unknown => decode(bytes);

export const Bytes: z.ZodType<Uint8Array> = z.instanceof(Uint8Array);

export const ModelRef = z.object({ id: ModelId, revision: Revision });

/** Interactive work is batched before bulk work. */
export const Lane = z.enum(["interactive", "bulk"]);
export type Lane = z.infer<typeof Lane>;

export const WireImage = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("image"), bytes: Bytes }),
  z.object({ kind: z.literal("image_url"), url: z.string() }),
]);
export type WireImage = z.infer<typeof WireImage>;

export const WireInput = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text"), text: z.string() }),
  ...WireImage.options,
]);
export type WireInput = z.infer<typeof WireInput>;

export const EmbedRequest = z.object({ model: ModelRef, lane: Lane, inputs: z.array(WireInput) });
export type EmbedRequest = z.infer<typeof EmbedRequest>;

/** `tokens` is 0 for images. An input that cannot be embedded fails alone. */
export const EmbedResult = z.discriminatedUnion("status", [
  z.object({ status: z.literal("ok"), embedding: Bytes, tokens: z.number().int(), truncated: z.boolean() }),
  z.object({ status: z.literal("failed"), error: ErrorDetail }),
]);
export type EmbedResult = z.infer<typeof EmbedResult>;

/** Where the backend's time went, for `Server-Timing`. Milliseconds. */
export const Timings = z.object({ decodeMs: z.number(), queueMs: z.number(), inferenceMs: z.number() });
export type Timings = z.infer<typeof Timings>;

export const EmbedResponse = z.object({ results: z.array(EmbedResult), timings: Timings });
export type EmbedResponse = z.infer<typeof EmbedResponse>;

export const WriteItemsRequest = z.object({
  model: ModelRef,
  collection: CollectionName,
  /** Whether image items come back with a thumbnail. */
  pictures: z.boolean(),
  items: z.array(
    z.object({
      id: ItemId,
      metadata: z.record(z.string(), z.unknown()),
      source: z.union([
        WireInput,
        /** `text` is what the vector was made from, where that is known. */
        z.object({
          kind: z.literal("embedding"),
          embedding: Bytes,
          modality: Modality,
          text: z.string().optional(),
        }),
      ]),
    }),
  ),
});
export type WriteItemsRequest = z.infer<typeof WriteItemsRequest>;

/** `picture` is a WebP thumbnail of an image item, for the caller to keep. */
export const WriteItemResult = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("stored"),
    truncated: z.boolean(),
    tokens: z.number().int(),
    picture: Bytes.optional(),
  }),
  z.object({ status: z.literal("failed"), error: ErrorDetail }),
]);
export type WriteItemResult = z.infer<typeof WriteItemResult>;

export const WriteItemsResponse = z.object({ results: z.array(WriteItemResult), timings: Timings });
export type WriteItemsResponse = z.infer<typeof WriteItemsResponse>;

const SERVED = {
  id: ModelId,
  revision: Revision,
  description: z.string(),
  license: z.string(),
  contextLength: z.number().int(),
  imageSize: z.number().int(),
  /** Changes whenever the same bytes could give another answer: part of every cache key. */
  preprocessing: z.string(),
};

/** Texts and images to vectors of one space. */
const ServedClip = z.object({
  ...SERVED,
  family: z.literal("clip"),
  dims: z.number().int(),
  logitScale: z.number(),
  defaultTemplate: z.string(),
});

/** An image and a sentence to the probabilities of yes, no and maybe. */
const ServedOfa = z.object({ ...SERVED, family: z.literal("ofa") });

/** A model as the backend serves it. */
export const ServedModel = z.discriminatedUnion("family", [ServedClip, ServedOfa]);
export type ServedModel = z.infer<typeof ServedModel>;
export type Family = ServedModel["family"];
export type Served<F extends Family> = ServedModel & { readonly family: F };

export const isServedOf = <F extends Family>(model: ServedModel, family: F): model is Served<F> =>
  model.family === family;

/** In order of preference: of one id, the first revision is for callers who name only the id. */
export const ModelsResponse = z.object({ models: z.array(ServedModel) });

const Space = z.object({ id: ModelId, revision: Revision, dims: z.number().int() });
const Target = z.object({ space: Space, collection: CollectionName });

/** The vector-store port over the wire (`POST /internal/v1/store`), for deployments whose store lives in the backend. */
export const StoreRequest = z.discriminatedUnion("op", [
  Target.extend({
    op: z.literal("delete"),
    selector: z.union([
      z.object({ ids: z.array(ItemId).readonly() }),
      z.object({ filter: Filter }),
      z.object({ everything: z.literal(true) }),
    ]),
  }),
  Target.extend({ op: z.literal("get"), ids: z.array(ItemId).readonly() }),
  Target.extend({
    op: z.literal("scroll"),
    limit: z.number().int(),
    filter: Filter.optional(),
    cursor: z.string().optional(),
    withVectors: z.boolean().optional(),
  }),
  Target.extend({
    op: z.literal("search"),
    vector: Bytes,
    topK: z.number().int(),
    modality: Modality.optional(),
    filter: Filter.optional(),
    scoreThreshold: z.number().optional(),
    includeVectors: z.boolean().optional(),
    withMetadata: z.boolean().optional(),
    effort: SearchEffort.optional(),
  }),
  Target.extend({ op: z.literal("count") }),
]);
export type StoreRequest = z.infer<typeof StoreRequest>;

const WirePoint = z.object({
  id: ItemId,
  modality: Modality,
  vector: Bytes,
  metadata: z.record(z.string(), z.unknown()),
  text: z.string().optional(),
});

export const StoreResponses = {
  delete: z.object({ deleted: z.number().int() }),
  get: z.object({ points: z.array(WirePoint.nullable()) }),
  scroll: z.object({ points: z.array(WirePoint.partial({ vector: true })), next: z.string().optional() }),
  search: z.object({
    hits: z.array(
      WirePoint.omit({ text: true }).partial({ vector: true, metadata: true }).extend({ score: z.number() }),
    ),
  }),
  count: z.object({ text: z.number().int(), image: z.number().int() }),
} as const;

/** Snapshots of a store that is embedded in the backend (`POST /internal/v1/snapshots`). The answer is the list. */
export const SnapshotsRequest = z.discriminatedUnion("op", [
  z.object({ op: z.literal("list") }),
  z.object({ op: z.literal("create") }),
  z.object({ op: z.literal("restore"), name: SnapshotName }),
  z.object({ op: z.literal("delete"), name: SnapshotName }),
]);
export type SnapshotsRequest = z.infer<typeof SnapshotsRequest>;

export const Snapshot = z.object({
  name: SnapshotName,
  status: z.enum(["making", "restoring", "whole", "failed"]),
  /** How many have been written, of about how many. */
  points: z.number().int().optional(),
  total: z.number().int().optional(),
});
export type Snapshot = z.infer<typeof Snapshot>;

export const SnapshotsResponse = z.object({ snapshots: z.array(Snapshot).readonly() });
export type SnapshotsResponse = z.infer<typeof SnapshotsResponse>;

/** The body of every internal answer that is not 2xx. */
export const InternalError = z.object({ error: ErrorDetail });
