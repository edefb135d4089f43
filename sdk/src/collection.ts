/** One collection: its settings, its items, searches in it. Made by `Sightline.collection`; no call is made for that. */
import type {
  CollectionInfo,
  CollectionSettings,
  Item,
  ItemInput,
  ItemResult,
  ItemSelector,
  SearchOptions,
  SearchQuery,
  SearchResponse,
  UpsertResponse,
} from "./collection-types.ts";
import { toWire, type WireInput } from "./inputs.ts";
import { type BatchOptions, inCalls } from "./split.ts";
import type { CallOptions, Deleted, Transport } from "./transport.ts";
import { upsert } from "./upsert.ts";

interface ItemList {
  readonly data: readonly Item[];
  readonly next_cursor: string | null;
}

export class Collection {
  readonly name: string;
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, name: string) {
    this.name = name;
    this.#transport = transport;
    this.#path = `/v1/collections/${encodeURIComponent(name)}`;
  }

  /** Creates the collection, or changes what may be changed of it. */
  put(settings: CollectionSettings = {}, options?: CallOptions): Promise<CollectionInfo> {
    return this.#transport.json({ method: "PUT", path: this.#path, json: settings, writes: true }, options);
  }

  /** @throws NotFoundError if there is no such collection. */
  get(options?: CallOptions): Promise<CollectionInfo> {
    return this.#transport.json({ method: "GET", path: this.#path }, options);
  }

  /**
   * Deletes the collection and all its items. If a later try finds it gone, after one whose outcome nobody knows, that one has
   * deleted it: `deleted` is 0 then, for how many items there were is not known.
   *
   * @throws NotFoundError if there was no such collection from the first.
   */
  delete(options?: CallOptions): Promise<Deleted> {
    const call = { method: "DELETE", path: this.#path, writes: true, ifGone: { deleted: 0 } } as const;
    return this.#transport.json(call, options);
  }

  /**
   * Adds or replaces items, any number of them. An item that cannot be taken fails alone, and says why in its result. Ids
   * should differ: calls are under way side by side, and which of two items of the same id stays is anybody's guess.
   *
   * @throws ApiError if a call fails as a whole.
   */
  async upsert(items: Iterable<ItemInput> | AsyncIterable<ItemInput>, options?: BatchOptions): Promise<UpsertResponse> {
    const results: ItemResult[] = [];
    for await (const result of this.upsertEach(items, options)) results.push(result);
    const succeeded = results.filter(({ status }) => status === "stored").length;
    return { succeeded, failed: results.length - succeeded, results };
  }

  /** The same, with each result as soon as it is known, in the items' order. Leaving the loop ends the calls under way. */
  upsertEach(
    items: Iterable<ItemInput> | AsyncIterable<ItemInput>,
    options: BatchOptions = {},
  ): AsyncGenerator<ItemResult> {
    return upsert(this.#transport, `${this.#path}/items`, items, options);
  }

  /** What is nearest to the query, or to several of them together. */
  async search(
    query: SearchQuery | readonly SearchQuery[],
    options: SearchOptions & CallOptions = {},
  ): Promise<SearchResponse> {
    const { signal, timeoutMs, maxRetries, negative, ...rest } = options;
    const [queries, negatives] = await Promise.all([wireQueries(query), negative && wireQueries(negative)]);
    const json = { ...rest, query: queries, ...(negatives !== undefined && { negative: negatives }) };
    return this.#transport.json(
      { method: "POST", path: `${this.#path}/search`, json },
      { signal, timeoutMs, maxRetries },
    );
  }

  /** All items, asked for page by page as the loop goes on, in the store's own order. */
  async *items({ pageSize, ...options }: CallOptions & { readonly pageSize?: number } = {}): AsyncGenerator<Item> {
    for (let cursor: string | undefined; ; ) {
      const query = { limit: pageSize, cursor };
      const path = `${this.#path}/items`;
      const page: ItemList = await this.#transport.json<ItemList>({ method: "GET", path, query }, options);
      yield* page.data;
      if (page.next_cursor === null) return;
      cursor = page.next_cursor;
    }
  }

  /** With its vector. @throws NotFoundError if there is no such item. */
  item(id: string, options?: CallOptions): Promise<Item> {
    return this.#transport.json({ method: "GET", path: this.#itemPath(id) }, options);
  }

  /** The picture of an image item as a WebP file. @throws NotFoundError if it has none. */
  itemImage(id: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#transport.bytes({ method: "GET", path: `${this.#itemPath(id)}/image` }, options);
  }

  /**
   * If a later try finds it gone, after one whose outcome nobody knows, that one has deleted it.
   *
   * @throws NotFoundError if there was no such item from the first.
   */
  deleteItem(id: string, options?: CallOptions): Promise<Deleted> {
    const call = { method: "DELETE", path: this.#itemPath(id), writes: true, ifGone: { deleted: 1 } } as const;
    return this.#transport.json(call, options);
  }

  /**
   * By any number of ids, or by a filter on metadata; ids that there are not are passed by. What was deleted by a try that
   * failed after that is not counted.
   */
  async deleteItems(selector: ItemSelector, options?: BatchOptions): Promise<Deleted> {
    const call = (json: ItemSelector, callOptions?: CallOptions) => {
      const path = `${this.#path}/items/delete`;
      return this.#transport.json<Deleted>({ method: "POST", path, json, writes: true }, callOptions);
    };
    if (!("ids" in selector) || selector.ids.length === 0) return call(selector, options);
    const parts = await inCalls(
      {
        field: "ids",
        list: selector.ids,
        toWire: (id) => id,
        // As many fit into a call as texts do.
        loadOf: (id) => ({ texts: 1, images: 0, bytes: 3 * id.length }),
        call: (ids, callOptions) => call({ ids }, callOptions),
      },
      options,
    );
    return { deleted: parts.reduce((sum, { answer }) => sum + answer.deleted, 0) };
  }

  #itemPath(id: string): string {
    return `${this.#path}/items/${encodeURIComponent(id)}`;
  }
}

type WireQuery = WireInput | { readonly id: string } | { readonly embedding: readonly number[] };

async function wireQueries(query: SearchQuery | readonly SearchQuery[]): Promise<WireQuery | WireQuery[]> {
  return isList(query) ? Promise.all(query.map(wireQuery)) : wireQuery(query);
}

async function wireQuery(query: SearchQuery): Promise<WireQuery> {
  if (typeof query === "object" && "id" in query) return { id: query.id };
  if (typeof query === "object" && "embedding" in query) return { embedding: Array.from(query.embedding) };
  return toWire(query);
}

const isList = (query: SearchQuery | readonly SearchQuery[]): query is readonly SearchQuery[] => Array.isArray(query);
