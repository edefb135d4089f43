/** The client: everything that a key can ask of the API. */
import { Collection } from "./collection.ts";
import type { CollectionSummary } from "./collection-types.ts";
import { type Embeddings, type EmbedOptions, embed } from "./embed.ts";
import type {
  EntailmentListRequest,
  EntailmentListResponse,
  EntailmentRequest,
  EntailmentResponse,
  Pair,
} from "./entailment-types.ts";
import { SightlineError } from "./errors.ts";
import { pictureToWire, toWire, toWireList } from "./inputs.ts";
import { type CallOptions, type RetryNotice, Transport } from "./transport.ts";
import type { ClassifyRequest, ClassifyResponse, Input, Model, RankRequest, RankResponse, Usage } from "./types.ts";

export interface SightlineOptions extends Pick<CallOptions, "timeoutMs" | "maxRetries"> {
  /** `SIGHTLINE_API_KEY` of the environment if absent. */
  readonly apiKey?: string | undefined;
  /** Where the API answers: `https://api.example.com`. `SIGHTLINE_URL` of the environment if absent. */
  readonly baseUrl?: string | undefined;
  /** Makes the calls; the runtime's own unless said. */
  readonly fetch?: typeof fetch;
  /** Told before a call that failed for a passing reason is tried again. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
}

interface List<T> {
  readonly data: readonly T[];
}

/**
 * ```ts
 * const sightline = new Sightline({ baseUrl: "https://api.example.com", apiKey });
 * const { results } = await sightline.collection("shop").search("a red apple");
 * ```
 */
export class Sightline {
  readonly #transport: Transport;

  /** @throws SightlineError if neither options nor environment say where the API is, or with which key. */
  constructor(options: SightlineOptions = {}) {
    const { timeoutMs, maxRetries, onRetry } = options;
    this.#transport = new Transport({
      baseUrl: options.baseUrl ?? environment("SIGHTLINE_URL", "baseUrl"),
      apiKey: options.apiKey ?? environment("SIGHTLINE_API_KEY", "apiKey"),
      // Called without `this`: browsers and workers refuse their own as anybody's method.
      fetch: options.fetch ?? ((...call) => fetch(...call)),
      timeoutMs,
      maxRetries,
      onRetry,
    });
  }

  /** Vectors of texts and pictures, any number of them. */
  embed(inputs: Iterable<Input> | AsyncIterable<Input>, options: EmbedOptions = {}): Promise<Embeddings> {
    return embed(this.#transport, inputs, options);
  }

  /** Which of your labels fit; one call, of at most 64 pictures or 256 texts. */
  async classify({ input, ...request }: ClassifyRequest, options?: CallOptions): Promise<ClassifyResponse> {
    const json = { ...request, input: await (isList(input) ? toWireList(input) : toWire(input)) };
    return this.#transport.json({ method: "POST", path: "/v1/classify", json }, options);
  }

  /** Which of the candidates fit the query best. */
  async rank({ query, candidates, ...request }: RankRequest, options?: CallOptions): Promise<RankResponse> {
    const json = { ...request, query: await toWire(query), candidates: await toWireList(candidates) };
    return this.#transport.json({ method: "POST", path: "/v1/rank", json }, options);
  }

  /** Whether a picture supports a sentence. */
  async entail({ model, ...pair }: EntailmentRequest, options?: CallOptions): Promise<EntailmentResponse> {
    const json = { ...(await pairToWire(pair)), ...(model && { model }) };
    return this.#transport.json({ method: "POST", path: "/v1/entailment", json }, options);
  }

  /** The same of at most 64 pairs in one call; a pair that cannot be judged fails alone. */
  async entailEach(request: EntailmentListRequest, options?: CallOptions): Promise<EntailmentListResponse> {
    const json = { ...request, pairs: await Promise.all(request.pairs.map(pairToWire)) };
    return this.#transport.json({ method: "POST", path: "/v1/entailment", json }, options);
  }

  async models(options?: CallOptions): Promise<readonly Model[]> {
    return (await this.#transport.json<List<Model>>({ method: "GET", path: "/v1/models" }, options)).data;
  }

  /** What was used in a month (`2026-11`, in UTC; the current one if absent), day by day. */
  usage({ month, ...options }: CallOptions & { readonly month?: string | undefined } = {}): Promise<Usage> {
    return this.#transport.json({ method: "GET", path: "/v1/usage", query: { month } }, options);
  }

  async collections(options?: CallOptions): Promise<readonly CollectionSummary[]> {
    const call = { method: "GET", path: "/v1/collections" } as const;
    return (await this.#transport.json<List<CollectionSummary>>(call, options)).data;
  }

  /** A collection by its name, whether there is one or not. */
  collection(name: string): Collection {
    return new Collection(this.#transport, name);
  }
}

const isList = (input: Input | readonly Input[]): input is readonly Input[] => Array.isArray(input);

async function pairToWire(pair: Pair) {
  const { hypothesis, caption } = pair;
  return { ...(await pictureToWire(pair)), hypothesis, ...(caption !== undefined && { caption }) };
}

function environment(variable: string, option: string): string {
  const value = globalThis.process?.env?.[variable];
  if (value) return value;
  throw new SightlineError(`Say \`${option}\`, or set ${variable} in the environment`);
}
