/** Upserts items: what the edge can refuse it refuses alone, the rest goes to the backend in one call. */
import type { ItemInput, PutItemsResponse } from "@sightline/shared/api/collections";
import { parseInput } from "@sightline/shared/api/input";
import { ApiError } from "@sightline/shared/errors";
import { type WriteItemResult, type WriteItemsRequest, WriteItemsResponse } from "@sightline/shared/internal/protocol";
import type { Work } from "@sightline/shared/limits";
import { normalise, vectorToBytes } from "@sightline/shared/vectors";
import type { Context } from "hono";
import type { App } from "../context.ts";
import { callContext } from "../inference.ts";
import { admit, checkCallSize } from "../middleware/admission.ts";
import { picturesOf } from "./access.ts";
import type { CollectionRecord } from "./registry.ts";

type Source = WriteItemsRequest["items"][number]["source"];
type ItemResult = PutItemsResponse["results"][number];

/** How many pictures are put at once: a worker may have six connections open. */
const PICTURE_CONCURRENCY = 6;

export async function writeItems(
  c: Context<App>,
  record: CollectionRecord,
  items: readonly ItemInput[],
): Promise<PutItemsResponse> {
  const sources = items.map((item, i) => sourceOf(item, `items[${i}]`, record.dims));
  checkCallSize(c, workOf(sources.filter((source): source is Source => !(source instanceof ApiError))));
  const accepted = items.flatMap((item, i) => {
    const source = sources[i];
    return source && !(source instanceof ApiError) ? [{ index: i, id: item.id, metadata: item.metadata, source }] : [];
  });

  const results = new Map<number, ItemResult>();
  items.forEach((item, i) => {
    const refused = sources[i];
    if (refused instanceof ApiError) results.set(i, { id: item.id, status: "failed", error: refused.toDetail() });
  });
  if (accepted.length > 0) {
    await admit(c, workOf(accepted.map(({ source }) => source)));
    const written = await callBackend(c, record, accepted);
    await keepPictures(c, record, accepted, written);
    accepted.forEach(({ index, id }, i) => {
      const result = written[i];
      if (result) results.set(index, toItemResult(id, result, `items[${index}]`));
    });
  }
  const ordered = items.map((_, i) => results.get(i)).filter((result) => result !== undefined);
  const succeeded = ordered.filter(({ status }) => status === "stored").length;
  return { succeeded, failed: ordered.length - succeeded, results: ordered };
}

function sourceOf(item: ItemInput, param: string, dims: number): Source | ApiError {
  try {
    if ("embedding" in item) {
      return {
        kind: "embedding",
        modality: item.modality,
        embedding: vectorToBytes(parseVector(item.embedding, dims, `${param}.embedding`)),
      };
    }
    return parseInput("text" in item ? { text: item.text } : { image: item.image }, param);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** @returns the vector, L2-normalised. @throws ApiError(vector_invalid) naming `param`. */
export function parseVector(numbers: readonly number[], dims: number, param: string): Float32Array {
  if (numbers.length !== dims) {
    throw new ApiError("vector_invalid", {
      param,
      message: `${param}: ${numbers.length} numbers, but the model has ${dims} dimensions.`,
    });
  }
  const vector = Float32Array.from(numbers);
  const norm = normalise(vector);
  if (!(norm > 0) || !Number.isFinite(norm)) {
    throw new ApiError("vector_invalid", { param, message: `${param}: the vector has no direction as float32.` });
  }
  return vector;
}

function workOf(sources: readonly Source[]): Work {
  const text = sources.filter(({ kind }) => kind === "text").length;
  const write = sources.filter(({ kind }) => kind === "embedding").length;
  return { text, write, image: sources.length - text - write };
}

async function callBackend(
  c: Context<App>,
  record: CollectionRecord,
  accepted: readonly {
    readonly id: ItemInput["id"];
    readonly metadata: ItemInput["metadata"];
    readonly source: Source;
  }[],
): Promise<readonly WriteItemResult[]> {
  const request: WriteItemsRequest = {
    model: { id: record.model, revision: record.revision },
    collection: record.id,
    items: accepted.map(({ id, metadata, source }) => ({ id, metadata, source })),
  };
  const { results, timings } = await c.var.services.backend.call(
    "/internal/v1/items",
    request,
    WriteItemsResponse,
    callContext(c),
  );
  if (results.length !== accepted.length) throw new ApiError("backend_invalid_response");
  c.var.timing.addBackend(timings);
  return results;
}

/** An item that is replaced by one without a picture loses the old picture. */
async function keepPictures(
  c: Context<App>,
  record: CollectionRecord,
  accepted: readonly { readonly id: ItemInput["id"] }[],
  written: readonly WriteItemResult[],
): Promise<void> {
  const pictures = picturesOf(c, record);
  const stored = accepted.flatMap(({ id }, i) => {
    const result = written[i];
    return result?.status === "stored" ? [{ id, picture: result.picture }] : [];
  });
  const withPicture = stored.filter(({ picture }) => picture);
  const without = stored.filter(({ picture }) => !picture).map(({ id }) => id);
  if (without.length > 0) await pictures.delete(without);
  for (let i = 0; i < withPicture.length; i += PICTURE_CONCURRENCY) {
    await Promise.all(
      withPicture.slice(i, i + PICTURE_CONCURRENCY).map(({ id, picture }) => picture && pictures.put(id, picture)),
    );
  }
}

function toItemResult(id: string, result: WriteItemResult, param: string): ItemResult {
  if (result.status === "stored")
    return { id, status: "stored", ...(result.truncated && { truncated: true as const }) };
  return { id, status: "failed", error: { ...result.error, param } };
}
