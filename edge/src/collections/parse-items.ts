/** The items of an upsert, each parsed alone: what is wrong with one is said of that one, and the others are written. */
import { ItemInput } from "@sightline/shared/api/collections";
import { parseInput } from "@sightline/shared/api/input";
import { ApiError } from "@sightline/shared/errors";
import type { WriteItemsRequest } from "@sightline/shared/internal/protocol";
import { normalise, vectorToBytes } from "@sightline/shared/vectors";
import { refuseOddShapes } from "../http/body.ts";
import { explain } from "../http/explain.ts";
import { isSameModel } from "./placement.ts";
import type { CollectionRecord } from "./registry.ts";

export type Source = WriteItemsRequest["items"][number]["source"];

export interface AcceptedItem {
  /** Place in the request. */
  readonly index: number;
  readonly id: ItemInput["id"];
  readonly metadata: ItemInput["metadata"];
  readonly source: Source;
}

interface RefusedItem {
  readonly index: number;
  /** As the caller wrote it, where that is an id at all. */
  readonly id: string | null;
  readonly error: ApiError;
}

/** Of several items of the same id the first is taken: which of them would be the last one written, nobody could tell. */
export function parseItems(items: readonly unknown[], collection: CollectionRecord) {
  const accepted: AcceptedItem[] = [];
  const refused: RefusedItem[] = [];
  const seen = new Set<string>();
  items.forEach((raw, index) => {
    const param = `items[${index}]`;
    try {
      const item = parseItem(raw, index);
      if (seen.has(item.id)) {
        const message = `${param}.id: another item of this call has the same id.`;
        throw new ApiError("invalid_request", { param: `${param}.id`, message });
      }
      seen.add(item.id);
      accepted.push({ index, id: item.id, metadata: item.metadata, source: sourceOf(item, param, collection) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused.push({ index, id: idOf(raw), error });
    }
  });
  return { accepted, refused } as const;
}

function parseItem(raw: unknown, index: number): ItemInput {
  refuseOddShapes(raw, `items[${index}]`);
  const result = ItemInput.safeParse(raw);
  if (!result.success) throw explain(result.error, ["items", index]);
  return result.data;
}

function idOf(raw: unknown): string | null {
  const result = ItemInput.options[0].shape.id.safeParse((raw as { id?: unknown } | null)?.id);
  return result.success ? result.data : null;
}

function sourceOf(item: ItemInput, param: string, { dims, model, revision, mirror }: CollectionRecord): Source {
  if ("embedding" in item) {
    const embedding = vectorToBytes(parseVector(item.embedding, dims, `${param}.embedding`));
    // The other model cannot make its vector of this one: it would be stored here and missing there.
    if (mirror && !isSameModel(mirror.at, { model, revision })) throw new ApiError("collection_migrating", { param });
    return { kind: "embedding", modality: item.modality, embedding };
  }
  return parseInput("text" in item ? { text: item.text } : { image: item.image }, param);
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
