/** Vectors of any number of inputs. */
import { vectorFromBase64 } from "./base64.ts";
import { toWire } from "./inputs.ts";
import { type BatchOptions, inCalls, loadOf, totalUsage } from "./split.ts";
import type { Transport } from "./transport.ts";
import type { Input, TokenUsage } from "./types.ts";

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

interface EmbeddingsResponse {
  readonly model: string;
  readonly data: readonly { readonly embedding: string; readonly truncated?: true }[];
  readonly usage: TokenUsage;
}

/** @throws ApiError whose `param` counts in the whole list. */
export async function embed(
  transport: Transport,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  { model, ...options }: EmbedOptions,
): Promise<Embeddings> {
  const parts = await inCalls(
    {
      field: "input",
      list: inputs,
      toWire,
      loadOf,
      call: (input, callOptions) => {
        const json = { input, encoding_format: "base64", ...(model && { model }) };
        return transport.json<EmbeddingsResponse>({ method: "POST", path: "/v1/embeddings", json }, callOptions);
      },
    },
    options,
  );
  const answers = parts.map(({ answer }) => answer);
  const data = answers.flatMap((answer) => answer.data);
  return {
    model: answers[0]?.model ?? "",
    vectors: data.map(({ embedding }) => vectorFromBase64(embedding)),
    truncated: data.flatMap(({ truncated }, i) => (truncated ? [i] : [])),
    usage: totalUsage(answers),
  };
}
