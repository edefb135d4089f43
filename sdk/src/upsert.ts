/** Writes any number of items: split into calls, several of them under way, each item's result in the items' order. */
import { batchesOf, isTooLarge, type Load, mapInOrder, sendInHalves } from "./batches.ts";
import type { ItemInput, ItemResult, UpsertResponse } from "./collection-types.ts";
import { type BatchOptions, CONCURRENCY } from "./embed.ts";
import type { ErrorCode } from "./error-codes.ts";
import type { ApiError } from "./errors.ts";
import { pictureToWire } from "./inputs.ts";
import { shiftPlaces } from "./places.ts";
import type { Transport } from "./transport.ts";

type WireItem = Readonly<Record<string, unknown>>;

interface Prepared {
  /** Place among all items. */
  readonly index: number;
  readonly item: WireItem;
  readonly load: Load;
}

/**
 * @param items read no faster than they are written.
 * @param path of the collection's items.
 * @throws ApiError if a call fails as a whole; what results have been given until then is stored.
 */
export async function* upsert(
  transport: Transport,
  path: string,
  items: Iterable<ItemInput> | AsyncIterable<ItemInput>,
  { concurrency = CONCURRENCY, ...options }: BatchOptions,
): AsyncGenerator<ItemResult> {
  const batches = batchesOf(prepared(items), ({ load }) => load);
  const send = async (part: readonly Prepared[], signal: AbortSignal): Promise<readonly ItemResult[]> => {
    const json = { items: part.map(({ item }) => item) };
    const call = { method: "PUT", path, json, writes: true } as const;
    try {
      const { results } = await transport.json<UpsertResponse>(call, { ...options, signal });
      return results.map((result) => inWholeList(result, part[0]?.index ?? 0));
    } catch (error) {
      const [only] = part;
      if (!only || part.length > 1 || !isTooLarge(error)) throw error;
      return [tooLarge(only, error)];
    }
  };
  const results = mapInOrder(batches, concurrency, options.signal, (batch, signal) =>
    sendInHalves(batch, (part) => send(part, signal)),
  );
  for await (const parts of results) for (const part of parts) yield* part;
}

async function* prepared(items: Iterable<ItemInput> | AsyncIterable<ItemInput>): AsyncGenerator<Prepared> {
  let index = 0;
  for await (const item of items) yield { index: index++, ...(await prepare(item)) };
}

/** What the API does not know in an item goes to it all the same: it says so better than silence would. */
async function prepare(item: ItemInput): Promise<Omit<Prepared, "index">> {
  const { metadata, ...source } = item;
  const around = metadata ? JSON.stringify(metadata).length : 0;
  if ("embedding" in source) {
    const embedding = Array.from(source.embedding);
    // Each number has up to some 20 characters. Vectors count as texts: as many fit into a call.
    return { item: { ...item, embedding }, load: { texts: 1, images: 0, bytes: around + 21 * embedding.length } };
  }
  if (!("image" in source || "file" in source)) {
    return { item: { ...item }, load: { texts: 1, images: 0, bytes: around + JSON.stringify(source).length } };
  }
  const { image } = await pictureToWire("file" in source ? { file: source.file } : { image: source.image });
  const { file: _path, ...rest } = item as ItemInput & { readonly file?: string };
  return { item: { ...rest, image }, load: { texts: 0, images: 1, bytes: around + image.length } };
}

function inWholeList(result: ItemResult, from: number): ItemResult {
  if (result.status === "stored") return result;
  const { message, param } = result.error;
  const shift = (text: string) => shiftPlaces(text, "items", from);
  return {
    ...result,
    error: { ...result.error, message: shift(message), param: param === null ? null : shift(param) },
  };
}

/** An item that no call can carry fails like any other that the API cannot take. */
function tooLarge({ item, index }: Prepared, { code, message }: ApiError): ItemResult {
  const id = typeof item.id === "string" ? item.id : null;
  return { id, status: "failed", error: { code: code as ErrorCode, message, param: `items[${index}]` } };
}
