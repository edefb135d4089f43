/** Reranking by entailment: does the picture of each of the best hits show what was searched for? */
import type { SearchRequest } from "@sightline/shared/api/collections";
import type { Judgement } from "@sightline/shared/api/entailment";
import { ApiError } from "@sightline/shared/errors";
import type { ModelId } from "@sightline/shared/ids";
import { LIMITS } from "@sightline/shared/limits";
import type { Hit } from "@sightline/shared/store/port";
import type { Context } from "hono";
import type { z } from "zod";
import { picturesOf } from "../collections/access.ts";
import type { CollectionRecord } from "../collections/registry.ts";
import type { App } from "../context.ts";
import { judgementOf, judging } from "../entailment/judging.ts";
import { type ParsedPair, parsePair } from "../entailment/pairs.ts";
import { answersTo, withModel } from "../inference.ts";
import { meter } from "../middleware/admission.ts";
import type { DistinctHit } from "./distinct.ts";

type Request = z.infer<typeof SearchRequest>;

/** What is asked about each picture, and of which model. */
interface Question {
  readonly hypothesis: string;
  readonly model: ModelId | undefined;
  /** The field of the request that the hypothesis stands in, for errors. */
  readonly param: string;
}

export interface VerifiedHit extends DistinctHit {
  /** None where there is no picture, or the hit stands too far down. */
  readonly verdict?: Judgement;
}

/**
 * @returns undefined if the search is not to be reranked so.
 * @throws ApiError(invalid_request) if neither the caller nor the query says what a picture is to show.
 */
export function questionOf({ rerank, query }: Pick<Request, "rerank" | "query">): Question | undefined {
  if (rerank?.type !== "entailment") return undefined;
  const { hypothesis, model } = rerank;
  if (hypothesis !== undefined) return { hypothesis, model, param: "rerank.hypothesis" };
  if (typeof query === "string") return { hypothesis: query, model, param: "query" };
  if (!Array.isArray(query) && "text" in query) return { hypothesis: query.text, model, param: "query" };
  throw new ApiError("invalid_request", {
    param: "rerank.hypothesis",
    message: "rerank.hypothesis: is required where the query is not one text.",
  });
}

/**
 * Judges the kept pictures of the first `LIMITS.verifiedPerSearch` hits, and meters so many pairs as there are.
 * @returns those with a verdict by how likely it is yes, then the others in their order.
 * @throws ApiError if no model can be asked, or not about this hypothesis.
 */
export async function verify(
  c: Context<App>,
  record: CollectionRecord,
  found: readonly DistinctHit[],
  question: Question,
): Promise<VerifiedHit[]> {
  const first = found.slice(0, LIMITS.verifiedPerSearch);
  const pairs = await Promise.all(first.map(({ hit }) => pairOf(c, record, hit, question.hypothesis)));
  const known = pairs.filter((pair) => pair !== undefined);
  meter(c, { ...c.var.call?.work, pair: known.length });
  const verdicts = known.length > 0 ? await judge(c, known, question) : [];
  let next = 0;
  const verified = found.map((one, i): VerifiedHit => {
    const verdict = pairs[i] && verdicts[next++];
    return verdict ? { ...one, verdict } : one;
  });
  const likely = ({ verdict }: VerifiedHit): number => verdict?.scores.yes ?? -1;
  return verified.sort((a, b) => likely(b) - likely(a));
}

async function pairOf(
  c: Context<App>,
  record: CollectionRecord,
  { id, modality }: Hit,
  hypothesis: string,
): Promise<ParsedPair | undefined> {
  if (modality !== "image") return undefined;
  const picture = await picturesOf(c, record).get(id);
  return picture ? parsePair({ image: new Uint8Array(await picture.arrayBuffer()), hypothesis }, "image") : undefined;
}

/** @returns one per pair; none for a picture that cannot be judged. */
async function judge(
  c: Context<App>,
  pairs: readonly ParsedPair[],
  { model: id, param }: Question,
): Promise<(Judgement | undefined)[]> {
  try {
    return await withModel(c, "ofa", id, async (model) => {
      // The limiter has let this request through already, and answers the same again.
      const outcomes = await answersTo(c, judging(model), pairs, {});
      return outcomes.map((outcome) => {
        if (!(outcome instanceof ApiError)) return judgementOf(outcome);
        if (outcome.status >= 500) throw outcome;
        if (outcome.param === "hypothesis") throw outcome.at(param);
        return undefined;
      });
    });
  } catch (error) {
    throw error instanceof ApiError && error.param === "model" ? error.at("rerank.model") : error;
  }
}
