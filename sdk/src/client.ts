/** The client: everything that a key can ask of the API. */
import { classify } from "./classify.ts";
import { Collection } from "./collection.ts";
import type { CollectionSummary } from "./collection-types.ts";
import { type Embeddings, type EmbedOptions, embed } from "./embed.ts";
import { entail, entailEach } from "./entail.ts";
import type {
  EntailmentListRequest,
  EntailmentListResponse,
  EntailmentRequest,
  EntailmentResponse,
} from "./entailment-types.ts";
import { SightlineError } from "./errors.ts";
import { toWire, toWireList } from "./inputs.ts";
import type { BatchOptions } from "./split.ts";
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

  /** Which of your labels fit, for any number of inputs. Each call that a long list is split into pays for the labels. */
  classify(request: ClassifyRequest, options?: BatchOptions): Promise<ClassifyResponse> {
    return classify(this.#transport, request, options);
  }

  /** Which of the candidates fit the query best; at most 100, for each is weighed against all the others. */
  async rank({ query, candidates, ...request }: RankRequest, options?: CallOptions): Promise<RankResponse> {
    const json = { ...request, query: await toWire(query), candidates: await toWireList(candidates) };
    return this.#transport.json({ method: "POST", path: "/v1/rank", json }, options);
  }

  /** Whether a picture supports a sentence. */
  entail(request: EntailmentRequest, options?: CallOptions): Promise<EntailmentResponse> {
    return entail(this.#transport, request, options);
  }

  /** The same of any number of pairs; one that cannot be judged fails alone. */
  entailEach(request: EntailmentListRequest, options?: BatchOptions): Promise<EntailmentListResponse> {
    return entailEach(this.#transport, request, options);
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

function environment(variable: string, option: string): string {
  const value = globalThis.process?.env?.[variable];
  if (value) return value;
  throw new SightlineError(`Say \`${option}\`, or set ${variable} in the environment`);
}
