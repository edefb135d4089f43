/** The calls that the page makes to the public API, and the one way in which they fail. */
import type { SearchResponse } from "@sightline/shared/api/collections";
import type { ErrorEnvelope } from "@sightline/shared/errors";
import { type Query, toSearchBody } from "./query.ts";

export type SearchResult = SearchResponse["results"][number];

export interface Found {
  readonly results: readonly SearchResult[];
  /** From sending the query to having read the whole answer. */
  readonly elapsedMs: number;
}

/** A call that did not succeed. `message` is the API's own sentence, fit to be shown. */
export class ApiFailure extends Error {
  /** HTTP status; undefined when no answer came at all. */
  readonly status: number | undefined;
  readonly requestId: string | undefined;

  constructor(message: string, details: { status?: number; requestId?: string; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.name = "ApiFailure";
    this.status = details.status;
    this.requestId = details.requestId;
  }
}

export interface Api {
  /** @throws ApiFailure; the signal's reason when aborted. */
  search(query: Query, key: string, signal: AbortSignal): Promise<Found>;
  /** The stored picture of an item (WebP). @throws ApiFailure; the signal's reason when aborted. */
  picture(id: string, key: string, signal: AbortSignal): Promise<Blob>;
}

interface ApiOptions {
  readonly fetch: typeof fetch;
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number;
  readonly collection: string;
}

export function createApi({ fetch, clock, collection }: ApiOptions): Api {
  const root = `v1/collections/${encodeURIComponent(collection)}`;

  /** @returns an answer with a 2xx status. */
  async function call(path: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${root}/${path}`, init);
    } catch (cause) {
      init.signal.throwIfAborted();
      throw new ApiFailure("The service cannot be reached. Check the connection and try again.", { cause });
    }
    if (!response.ok) throw await toFailure(response);
    return response;
  }

  return {
    async search(query, key, signal) {
      const startedAt = clock();
      const response = await call("search", {
        method: "POST",
        headers: { ...bearer(key), "Content-Type": "application/json" },
        body: JSON.stringify(toSearchBody(query)),
        signal,
      });
      const { results } = await readResults(response, signal);
      return { results, elapsedMs: clock() - startedAt };
    },

    async picture(id, key, signal) {
      const response = await call(`items/${encodeURIComponent(id)}/image`, { headers: bearer(key), signal });
      return response.blob();
    },
  };
}

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

/** What else the results hold is the contract's promise; only that there are any is checked, for proxies break answers. */
async function readResults(response: Response, signal: AbortSignal): Promise<SearchResponse> {
  const body: unknown = await response.json().catch(() => undefined);
  signal.throwIfAborted();
  if (isResults(body)) return body;
  throw new ApiFailure("The service's answer cannot be read. Try again.", { status: response.status });
}

const isResults = (body: unknown): body is SearchResponse =>
  typeof body === "object" && body !== null && "results" in body && Array.isArray(body.results);

/** Reads the error envelope; a proxy in between may have answered with anything else. */
async function toFailure(response: Response): Promise<ApiFailure> {
  const { status } = response;
  const body: unknown = await response.json().catch(() => undefined);
  if (!isEnvelope(body)) return new ApiFailure(`The service answered with status ${status}.`, { status });
  return new ApiFailure(body.error.message, { status, requestId: body.error.request_id });
}

function isEnvelope(body: unknown): body is ErrorEnvelope {
  if (typeof body !== "object" || body === null || !("error" in body)) return false;
  const { error } = body;
  return typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";
}
