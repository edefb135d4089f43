/** Writes any number of items: split into calls, several of them under way, each item's result in the items' order. */
import { batchesOf, isTooLarge, type Load, mapInOrder, sendInHalves } from "./batches.ts";
import type { ItemInput, ItemResult, UpsertResponse } from "./collection-types.ts";
import type { ErrorCode } from "./error-codes.ts";
import { SightlineError } from "./errors.ts";
import { pictureToWire } from "./inputs.ts";
import { shiftPlaces } from "./places.ts";
import { type BatchOptions, CONCURRENCY } from "./split.ts";
import type { Transport } from "./transport.ts";

type WireItem = Readonly<Record<string, unknown>>;

interface Wire {
  readonly item: WireItem;
  readonly load: Load;
}

interface Prepared {
  /** Place among all items. */
  readonly index: number;
  readonly id: unknown;
  /** As it is sent, or why it cannot be. */
  readonly wire: Wire | Error;
}

/** What is not sent takes a place all the same, so that a batch of nothing else ends. */
const NOT_SENT: Load = { texts: 1, images: 0, bytes: 0 };

/**
 * @param items read no faster than they are written. One that cannot be sent fails alone.
 * @param path of the collection's items.
 * @throws ApiError if a call fails as a whole; what results have been given until then is stored.
 */
export async function* upsert(
  transport: Transport,
  path: string,
  items: Iterable<ItemInput> | AsyncIterable<ItemInput>,
  { concurrency = CONCURRENCY, ...options }: BatchOptions,
): AsyncGenerator<ItemResult> {
  const call = async (wires: readonly Wire[], signal: AbortSignal): Promise<readonly ItemResult[]> => {
    if (wires.length === 0) return [];
    const json = { items: wires.map(({ item }) => item) };
    const request = { method: "PUT", path, json, writes: true } as const;
    return (await transport.json<UpsertResponse>(request, { ...options, signal })).results;
  };
  const send = async (part: readonly Prepared[], signal: AbortSignal): Promise<readonly ItemResult[]> => {
    try {
      const wires = part.flatMap(({ wire }) => (wire instanceof Error ? [] : [wire]));
      const answers = (await call(wires, signal)).entries();
      return part.map((one) => {
        if (one.wire instanceof Error) {
          return failed(one, "invalid_request", `items[${one.index}]: cannot be sent: ${one.wire.message}`);
        }
        const { value } = answers.next();
        if (value === undefined) throw new SightlineError("The API gave fewer results than there were items");
        const [place, result] = value;
        return inWholeList(result, one.index - place);
      });
    } catch (error) {
      const [only] = part;
      if (!only || part.length > 1 || !isTooLarge(error)) throw error;
      // An item that no call can carry fails like any other that the API cannot take.
      return [failed(only, error.code as ErrorCode, error.message)];
    }
  };
  const batches = batchesOf(prepared(items), ({ wire }) => (wire instanceof Error ? NOT_SENT : wire.load));
  const results = mapInOrder(batches, concurrency, options.signal, (batch, signal) =>
    sendInHalves(batch, (part) => send(part, signal)),
  );
  for await (const parts of results) for (const part of parts) yield* part;
}

async function* prepared(items: Iterable<ItemInput> | AsyncIterable<ItemInput>): AsyncGenerator<Prepared> {
  let index = 0;
  for await (const item of items) {
    const wire = await toWire(item).catch((cause: unknown) =>
      cause instanceof Error ? cause : new Error(String(cause)),
    );
    yield { index: index++, id: (item as Partial<ItemInput> | null)?.id, wire };
  }
}

/** What the API does not know in an item goes to it all the same: it says so better than silence would. */
async function toWire(item: ItemInput): Promise<Wire> {
  if ("embedding" in item) {
    const { embedding: given, ...rest } = item;
    const embedding: unknown = ArrayBuffer.isView(given) ? Array.from(given) : given;
    // Each number has up to some 20 characters. Vectors count as texts: as many fit into a call.
    const bytes = lengthOf(rest) + 21 * (Array.isArray(embedding) ? embedding.length : 0);
    return { item: { ...item, embedding }, load: { texts: 1, images: 0, bytes } };
  }
  if ("image" in item || "file" in item) {
    const {
      image: _given,
      file: _path,
      ...rest
    } = item as ItemInput & { readonly image?: unknown; readonly file?: string };
    const { image } = await pictureToWire("file" in item ? { file: item.file } : { image: item.image });
    return { item: { ...rest, image }, load: { texts: 0, images: 1, bytes: lengthOf(rest) + image.length } };
  }
  return { item: { ...item }, load: { texts: 1, images: 0, bytes: lengthOf(item) } };
}

/** @throws TypeError or RangeError for what JSON cannot say. */
const lengthOf = (part: object): number => JSON.stringify(part).length;

/** @param by how much further down the item lies in the whole list than in its call. */
function inWholeList(result: ItemResult, by: number): ItemResult {
  if (result.status === "stored") return result;
  const { message, param } = result.error;
  const shift = (text: string) => shiftPlaces(text, "items", by);
  return {
    ...result,
    error: { ...result.error, message: shift(message), param: param === null ? null : shift(param) },
  };
}

function failed({ id, index }: Prepared, code: ErrorCode, message: string): ItemResult {
  const error = { code, message, param: `items[${index}]` };
  return { id: typeof id === "string" ? id : null, status: "failed", error };
}
