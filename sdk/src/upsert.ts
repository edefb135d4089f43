/** Writes any number of items: split into calls, several of them under way, each item's result in the items' order. */
import { batchesOf, isTooLarge, type Load, mapInOrder, sendInHalves } from "./batches.ts";
import type { ItemInput, ItemResult, UpsertResponse } from "./collection-types.ts";
import { type BatchOptions, CONCURRENCY, loadOf } from "./embed.ts";
import type { ErrorCode } from "./error-codes.ts";
import { toWire } from "./inputs.ts";
import type { Transport } from "./transport.ts";

type WireItem = Readonly<Record<string, unknown>>;

interface Prepared {
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
  const results = mapInOrder(batches, concurrency, options.signal, (batch, signal) =>
    sendInHalves(batch, async (part) => {
      const json = { items: part.map(({ item }) => item) };
      try {
        const call = { method: "PUT", path, json, writes: true } as const;
        return (await transport.json<UpsertResponse>(call, { ...options, signal })).results;
      } catch (error) {
        if (part.length > 1 || !isTooLarge(error)) throw error;
        const { code, message, param } = error;
        const id = typeof part[0]?.item.id === "string" ? part[0].item.id : null;
        return [{ id, status: "failed", error: { code: code as ErrorCode, message, param } } satisfies ItemResult];
      }
    }),
  );
  for await (const parts of results) for (const part of parts) yield* part;
}

async function* prepared(items: Iterable<ItemInput> | AsyncIterable<ItemInput>): AsyncGenerator<Prepared> {
  for await (const item of items) yield prepare(item);
}

/** What the API does not know in an item goes to it all the same: it says so better than silence would. */
async function prepare(item: ItemInput): Promise<Prepared> {
  const { metadata } = item;
  const around = item.id.length + (metadata ? JSON.stringify(metadata).length : 0);
  if ("embedding" in item) {
    const embedding = Array.from(item.embedding);
    // Each number has up to some 20 characters. Vectors count as texts: as many fit into a call.
    return { item: { ...item, embedding }, load: { texts: 1, images: 0, bytes: around + 21 * embedding.length } };
  }
  const input = await toWire(
    "text" in item ? { text: item.text } : "file" in item ? { file: item.file } : { image: item.image },
  );
  const { file: _path, ...rest } = item as ItemInput & { readonly file?: string };
  const load = loadOf(input);
  return { item: { ...rest, ...input }, load: { ...load, bytes: load.bytes + around } };
}
