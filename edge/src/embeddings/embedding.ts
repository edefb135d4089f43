/** Texts and images to vectors of a model's space. */
import type { ParsedInput } from "@sightline/shared/api/input";
import { sha256Hex } from "@sightline/shared/digest";
import { ApiError } from "@sightline/shared/errors";
import { EmbedResponse, type EmbedResult, type Served } from "@sightline/shared/internal/protocol";
import { isSound } from "./entry.ts";
import type { Outcome } from "./slots.ts";
import type { Identity, Task } from "./task.ts";

export const embedding = (model: Served<"clip">): Task<ParsedInput> => ({
  model,
  width: model.dims,
  identityOf,
  async ask(inputs, context) {
    const { id, revision } = model;
    const { results, timings } = await context.backend.call(
      "/internal/v1/embed",
      { model: { id, revision }, lane: context.lane, inputs: [...inputs] },
      soundAnswer(inputs.length, model.dims),
      context,
    );
    return { outcomes: results.map(outcomeOf), timings };
  },
});

export async function identityOf(input: ParsedInput): Promise<Identity> {
  if (input.kind === "image_url") return { name: `image_url:${input.url}`, isContent: false };
  const digest = await sha256Hex(input.kind === "text" ? input.text : input.bytes);
  return { name: `${input.kind}:${digest}`, isContent: true };
}

/** A backend of another version, or a broken one: never let a vector of the wrong length or with a NaN into a cache. */
const soundAnswer = (count: number, dims: number) =>
  EmbedResponse.refine(
    ({ results }) =>
      results.length === count &&
      results.every((result) => result.status === "failed" || isSound(result.embedding, dims)),
    "not as many vectors as inputs, or of another length, or not finite",
  );

function outcomeOf(result: EmbedResult): Outcome {
  if (result.status === "failed") return ApiError.fromDetail(result.error);
  // A copy, so that one cached vector does not keep the whole answer's buffer alive.
  return { bytes: result.embedding.slice(), tokens: result.tokens, truncated: result.truncated };
}
