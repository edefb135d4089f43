/** Pairs of a picture and a sentence to the probabilities of yes, no and maybe. */
import { ANSWERS, type Judgement } from "@sightline/shared/api/entailment";
import { sha256Hex } from "@sightline/shared/digest";
import { ApiError } from "@sightline/shared/errors";
import { type EntailRequest, EntailResponse, type EntailResult } from "@sightline/shared/internal/entailment";
import type { Served } from "@sightline/shared/internal/protocol";
import { type Embedded, isSound, vectorOf } from "../embeddings/entry.ts";
import type { Outcome } from "../embeddings/slots.ts";
import type { Identity, Task } from "../embeddings/task.ts";
import type { ParsedPair } from "./pairs.ts";

/** Answers are cached as vectors of three probabilities. */
export const judging = (model: Served<"ofa">): Task<ParsedPair> => ({
  model,
  width: ANSWERS.length,
  identityOf,
  async ask(pairs, context) {
    const { id, revision } = model;
    const { results, timings } = await context.backend.call(
      "/internal/v1/entail",
      { model: { id, revision }, lane: context.lane, ...withImagesOnce(pairs) },
      soundAnswer(pairs.length),
      context,
    );
    return { outcomes: results.map(outcomeOf), timings };
  },
});

async function identityOf({ identity: image, hypothesis, caption }: ParsedPair): Promise<Identity> {
  const texts = await sha256Hex(JSON.stringify([hypothesis, caption]));
  return { name: `pair:${image.name}:${texts}`, isContent: image.isContent };
}

function withImagesOnce(pairs: readonly ParsedPair[]): Pick<EntailRequest, "images" | "pairs"> {
  const images = new Map(pairs.map(({ identity, image }) => [identity.name, image]));
  const names = [...images.keys()];
  return {
    images: [...images.values()],
    pairs: pairs.map(({ identity, hypothesis, caption }) => ({
      image: names.indexOf(identity.name),
      hypothesis,
      caption,
    })),
  };
}

/** A backend of another version, or a broken one: no scores but probabilities may get into a cache. */
const soundAnswer = (count: number) =>
  EntailResponse.refine(
    ({ results }) =>
      results.length === count &&
      results.every((result) => result.status === "failed" || isSound(result.scores, ANSWERS.length)),
    "not as many scores as pairs, or not three of each, or not finite",
  );

function outcomeOf(result: EntailResult): Outcome {
  if (result.status === "failed") return ApiError.fromDetail(result.error);
  // A copy, so that a few cached numbers do not keep the whole answer's buffer alive.
  return { bytes: result.scores.slice(), tokens: result.tokens, truncated: result.truncated };
}

/** The likeliest answer; of equals the first. */
export function judgementOf(entry: Embedded): Judgement {
  const [yes = 0, no = 0, maybe = 0] = vectorOf(entry);
  const scores = { yes, no, maybe };
  const confidence = Math.max(yes, no, maybe);
  const label = ANSWERS.find((answer) => scores[answer] === confidence) ?? "maybe";
  return { label, confidence, scores, ...(entry.truncated && { truncated: true as const }) };
}
