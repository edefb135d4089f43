/** `POST /internal/v1/items`: embeds items and writes them to the vector store. `stored` means durable. */
import { ApiError } from "@sightline/shared/errors";
import {
  type WireInput,
  type WriteItemResult,
  WriteItemsRequest,
  type WriteItemsResponse,
} from "@sightline/shared/internal/protocol";
import type { Point, VectorSpace } from "@sightline/shared/store/port";
import { vectorFromBytes } from "@sightline/shared/vectors";
import { type EmbedCall, type Embedder, type EmbedOutcome, slowest } from "../embed.ts";
import { makeThumbnail } from "../media/thumbnail.ts";
import type { ClipModel } from "../models/clip/model.ts";
import type { Replica } from "../replica.ts";
import type { InternalApi } from "./internal-call.ts";

type Item = WriteItemsRequest["items"][number];

/** A point ready to be written, with what its result will say; or why there is none. */
type Prepared = { readonly point: Point; readonly result: WriteItemResult } | ApiError;

export function itemsRoute(api: InternalApi, replica: Replica, embedder: Embedder): void {
  api.post("/internal/v1/items", WriteItemsRequest, async (request, call): Promise<WriteItemsResponse> => {
    const { outcomes, space } = await replica.loaded().use("clip", request.model, async (model) => ({
      outcomes: await embedItems(embedder, model, request, { ...call, lane: "bulk" }),
      space: { ...request.model, dims: model.served.dims } satisfies VectorSpace,
    }));
    const prepared = request.items.map((item, i) => prepare(item, outcomes.get(i), space.dims));
    const points = prepared.flatMap((p) => (p instanceof ApiError ? [] : [p.point]));
    call.signal.throwIfAborted();
    if (points.length > 0) {
      await replica.store.ensure(space);
      call.signal.throwIfAborted();
      await replica.store.upsert(space, { tenant: call.tenant, collection: request.collection }, points);
    }
    return {
      results: prepared.map((p) => (p instanceof ApiError ? { status: "failed", error: p.toDetail() } : p.result)),
      timings: slowest([...outcomes.values()]),
    };
  });
}

/** @returns outcomes by the item's index; none for items that bring their own vector. */
async function embedItems(
  embedder: Embedder,
  model: ClipModel,
  { items, pictures }: WriteItemsRequest,
  call: EmbedCall,
): Promise<Map<number, EmbedOutcome>> {
  const inputs: WireInput[] = [];
  const indices: number[] = [];
  items.forEach(({ source }, i) => {
    if (source.kind === "embedding") return;
    inputs.push(source);
    indices.push(i);
  });
  const outcomes = await embedder.embed(model, inputs, call, pictures ? makeThumbnail : undefined);
  return new Map(outcomes.map((outcome, i) => [indices[i] ?? -1, outcome]));
}

function prepare(item: Item, outcome: EmbedOutcome | undefined, dims: number): Prepared {
  const { id, metadata, source } = item;
  if (source.kind === "embedding") {
    if (source.embedding.byteLength !== dims * 4) return new ApiError("vector_invalid");
    const { modality, text } = source;
    const point: Point = { id, metadata, modality, vector: vectorFromBytes(source.embedding), text };
    return { point, result: { status: "stored", truncated: false, tokens: 0 } };
  }
  if (outcome === undefined) return new ApiError("internal_error");
  if (outcome instanceof ApiError) return outcome;
  const { vector, modality, truncated, tokens, picture } = outcome;
  const text = source.kind === "text" ? source.text : undefined;
  return { point: { id, metadata, modality, vector, text }, result: { status: "stored", truncated, tokens, picture } };
}
