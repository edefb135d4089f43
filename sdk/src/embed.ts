/** Vectors of any number of inputs: split into calls, put together again. */
import { vectorFromBase64 } from "./base64.ts";
import { batchesOf, type Load, mapInOrder, sendInHalves } from "./batches.ts";
import { ApiError, apiError } from "./errors.ts";
import { toWire, type WireInput } from "./inputs.ts";
import { shiftPlaces } from "./places.ts";
import type { CallOptions, Transport } from "./transport.ts";
import type { Input, TokenUsage } from "./types.ts";

export interface BatchOptions extends CallOptions {
  /** Calls under way at a time; 4 unless said. */
  readonly concurrency?: number;
}

export interface EmbedOptions extends BatchOptions {
  /** The deployment's default model if absent. */
  readonly model?: string;
}

export interface Embeddings {
  readonly model: string;
  /** One per input, in their order; L2-normalised, so that a dot product is a cosine. */
  readonly vectors: readonly Float32Array[];
  /** Places of texts that were longer than the model's context, and cut. */
  readonly truncated: readonly number[];
  readonly usage: TokenUsage;
}

export const CONCURRENCY = 4;

interface EmbeddingsResponse {
  readonly model: string;
  readonly data: readonly { readonly embedding: string; readonly truncated?: true }[];
  readonly usage: TokenUsage;
}

interface Placed {
  readonly index: number;
  readonly input: WireInput;
}

/** @throws ApiError whose `param` counts in the whole list. */
export async function embed(
  transport: Transport,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  { model, concurrency = CONCURRENCY, ...options }: EmbedOptions,
): Promise<Embeddings> {
  const call = (part: readonly Placed[], signal: AbortSignal) => {
    const json = { input: part.map(({ input }) => input), encoding_format: "base64", ...(model && { model }) };
    return transport
      .json<EmbeddingsResponse>({ method: "POST", path: "/v1/embeddings", json }, { ...options, signal })
      .catch((error: unknown) => {
        throw inWholeList(error, part[0]?.index ?? 0);
      });
  };
  const batches = batchesOf(placed(inputs), ({ input }) => loadOf(input));
  const answers = mapInOrder(batches, concurrency, options.signal, (batch, signal) =>
    sendInHalves(batch, (part) => call(part, signal)),
  );
  const responses: EmbeddingsResponse[] = [];
  for await (const parts of answers) responses.push(...parts);
  return together(responses);
}

async function* placed(inputs: Iterable<Input> | AsyncIterable<Input>): AsyncGenerator<Placed> {
  let index = 0;
  for await (const input of inputs) yield { index: index++, input: await toWire(input) };
}

const loadOf = (input: WireInput): Load =>
  "text" in input
    ? { texts: 1, images: 0, bytes: 3 * input.text.length }
    : { texts: 0, images: 1, bytes: input.image.length };

function together(responses: readonly EmbeddingsResponse[]): Embeddings {
  const data = responses.flatMap((response) => response.data);
  const sum = (of: keyof TokenUsage) => responses.reduce((total, { usage }) => total + usage[of], 0);
  return {
    model: responses[0]?.model ?? "",
    vectors: data.map(({ embedding }) => vectorFromBase64(embedding)),
    truncated: data.flatMap(({ truncated }, i) => (truncated ? [i] : [])),
    usage: { prompt_tokens: sum("prompt_tokens"), total_tokens: sum("total_tokens"), images: sum("images") },
  };
}

function inWholeList(error: unknown, from: number): unknown {
  if (from === 0 || !(error instanceof ApiError) || error.param === null) return error;
  const { status, code, requestId, retryAfterMs } = error;
  const [message, param] = [error.message, error.param].map((text) => shiftPlaces(text, "input", from));
  return apiError({ status, code, requestId, retryAfterMs, message: message ?? "", param: param ?? null });
}
