/** The page's calls to the public API, each with the session's key. */
import type { Collection, CollectionList, Item, ItemList } from "@sightline/shared/api/collections";
import type { Session } from "../session.ts";
import { ApiFailure, toFailure } from "./failure.ts";
import { ANSWER_FIELD, type Answers, collectionPath, endpointOf, type Kind, type Operation } from "./operations.ts";

/** Where inputs came from, as `Sightline-Cache` says it. */
export type CacheState = "hit" | "partial" | "miss";

export interface Answer<K extends Kind> {
  readonly body: Answers[K];
  /** From sending the request to having read the whole answer. */
  readonly elapsedMs: number;
  /** undefined where nothing had to be embedded or judged. */
  readonly cache: CacheState | undefined;
}

type Listed<T extends { readonly _zod: { readonly output: unknown } }> = T["_zod"]["output"];

/** All methods throw ApiFailure, KeyNeeded, or the signal's reason when aborted. */
export interface Api {
  ask<O extends Operation>(operation: O, signal: AbortSignal): Promise<Answer<O["kind"]>>;
  /** Names of the collections that the key sees. */
  collections(signal: AbortSignal): Promise<readonly string[]>;
  /** Makes it if it is not there. @returns how many items it has. */
  createCollection(name: string, signal: AbortSignal): Promise<number>;
  /** A page of a collection's items in the store's own order. */
  items(collection: string, page: ItemsPage, signal: AbortSignal): Promise<Listed<typeof ItemList>>;
  item(collection: string, id: string, signal: AbortSignal): Promise<StoredItem>;
  /** The stored picture of an item (WebP). */
  picture(collection: string, id: string, signal: AbortSignal): Promise<Blob>;
}

interface ItemsPage {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export type StoredItem = Item;

interface ApiOptions {
  readonly fetch: typeof fetch;
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number;
  readonly session: Pick<Session, "authorised">;
}

interface Call {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body?: unknown;
}

export function createApi({ fetch, clock, session }: ApiOptions): Api {
  /** @returns an answer with a 2xx status. */
  async function send({ method, path, body }: Call, signal: AbortSignal): Promise<Response> {
    return session.authorised(async (key) => {
      const headers = {
        Authorization: `Bearer ${key}`,
        ...(body !== undefined && { "Content-Type": "application/json" }),
      };
      let response: Response;
      try {
        response = await fetch(path, {
          method,
          headers,
          signal,
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
      } catch (cause) {
        signal.throwIfAborted();
        throw new ApiFailure("", { cause });
      }
      if (!response.ok) throw await toFailure(response);
      return response;
    });
  }

  /** @param field what every such answer has: proxies break answers, and the rest is the contract's promise. */
  async function readJson<T>(response: Response, field: string, signal: AbortSignal): Promise<T> {
    const body: unknown = await response.json().catch(() => undefined);
    signal.throwIfAborted();
    if (typeof body === "object" && body !== null && field in body) return body as T;
    throw new ApiFailure("", { status: response.status });
  }

  return {
    async ask<O extends Operation>(operation: O, signal: AbortSignal) {
      const startedAt = clock();
      const response = await send({ ...endpointOf(operation), body: operation.body }, signal);
      const body = await readJson<Answers[O["kind"]]>(response, ANSWER_FIELD[operation.kind], signal);
      return { body, elapsedMs: clock() - startedAt, cache: readCache(response.headers.get("Sightline-Cache")) };
    },

    async collections(signal) {
      const response = await send({ method: "GET", path: "v1/collections" }, signal);
      const list = await readJson<Listed<typeof CollectionList>>(response, "data", signal);
      return list.data.map(({ name }) => name);
    },

    async createCollection(name, signal) {
      const response = await send({ method: "PUT", path: collectionPath(name), body: {} }, signal);
      const { items } = await readJson<Listed<typeof Collection>>(response, "items", signal);
      return items.total;
    },

    async items(collection, { limit, cursor }, signal) {
      const query = new URLSearchParams({ limit: String(limit), ...(cursor !== undefined && { cursor }) });
      const response = await send({ method: "GET", path: `${collectionPath(collection)}/items?${query}` }, signal);
      return readJson(response, "data", signal);
    },

    async item(collection, id, signal) {
      const response = await send({ method: "GET", path: itemPath(collection, id) }, signal);
      return readJson(response, "id", signal);
    },

    async picture(collection, id, signal) {
      return (await send({ method: "GET", path: `${itemPath(collection, id)}/image` }, signal)).blob();
    },
  };
}

const itemPath = (collection: string, id: string): string =>
  `${collectionPath(collection)}/items/${encodeURIComponent(id)}`;

const readCache = (header: string | null): CacheState | undefined =>
  header === "hit" || header === "partial" || header === "miss" ? header : undefined;
