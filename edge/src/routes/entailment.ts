/** `POST /v1/entailment`: whether a picture supports a sentence, one pair or a list of them. */
import {
  EntailmentListEnvelope,
  EntailmentListRequest,
  EntailmentListResponse,
  EntailmentRequest,
  EntailmentResponse,
} from "@sightline/shared/api/entailment";
import { ApiError } from "@sightline/shared/errors";
import type { Context } from "hono";
import { z } from "zod";
import type { App } from "../context.ts";
import type { Embedded } from "../embeddings/entry.ts";
import type { Outcome } from "../embeddings/slots.ts";
import { judgementOf, judging } from "../entailment/judging.ts";
import { imagesIn, type ParsedPair, parsePair, parsePairs } from "../entailment/pairs.ts";
import { check, readBody } from "../http/body.ts";
import { answersTo, withModel } from "../inference.ts";
import { checkCallSize, meter } from "../middleware/admission.ts";
import { requireScope } from "../middleware/identity.ts";
import type { Router } from "../router.ts";

const Body = z.record(z.string(), z.unknown());

export function entailment(router: Router): void {
  router.add(
    {
      method: "post",
      path: "/v1/entailment",
      operationId: "entail",
      summary: "Ask whether a picture supports a sentence",
      description:
        "yes: the picture supports the hypothesis; no: it contradicts it; maybe: it settles neither. A caption is a second premise beside " +
        "the picture. One pair, or a list of pairs of which a bad one fails alone; one pair may also be sent as multipart/form-data.",
      tag: "Inference",
      body: z.union([EntailmentRequest, EntailmentListRequest]),
      bodyTypes: {
        "multipart/form-data": EntailmentRequest.omit({ image: true }).extend({
          image: z.string().meta({ format: "binary" }),
        }),
      },
      answer: z.union([EntailmentResponse, EntailmentListResponse]),
    },
    requireScope("entail"),
    async (c) => {
      const body = await readBody(c, Body, { multipart: (image) => ({ image }) });
      return c.json("pairs" in body ? await judgeList(c, body) : await judgeOne(c, body));
    },
  );
}

async function judgeOne(c: Context<App>, body: unknown): Promise<EntailmentResponse> {
  const { model: id, ...request } = check(EntailmentRequest, body);
  const pair = await parsePair(request, "image");
  return withModel(c, "ofa", id, async (model) => {
    const [outcome] = await answersTo(c, judging(model), [pair], { pair: 1 });
    if (!outcome) throw new ApiError("internal_error");
    if (outcome instanceof ApiError) throw blamed(outcome);
    return { model: model.id, ...judgementOf(outcome), usage: usageOf([outcome]) };
  });
}

async function judgeList(c: Context<App>, body: unknown): Promise<EntailmentListResponse> {
  const { model: id, pairs } = check(EntailmentListEnvelope, body);
  const parsed = await parsePairs(pairs);
  const accepted = parsed.filter((pair): pair is ParsedPair => !(pair instanceof ApiError));
  checkCallSize(c, { image: imagesIn(accepted) }, "pairs");
  return withModel(c, "ofa", id, async (model) => {
    // Nothing to judge must not be free either.
    const work = accepted.length > 0 ? { pair: accepted.length } : { read: 1 };
    const answers = await answersTo(c, judging(model), accepted, work);
    const judged = answers.filter(isJudged);
    const ours = answers.find((answer) => answer instanceof ApiError && answer.status >= 500);
    // The pairs that were fit to be judged failed because of us: so does the call, and costs nothing.
    if (judged.length === 0 && ours) throw ours;
    meter(c, judged.length > 0 ? { pair: judged.length } : { read: 1 });

    let next = 0;
    const outcomes = parsed.map((pair) =>
      pair instanceof ApiError ? pair : (answers[next++] ?? new ApiError("internal_error")),
    );
    return {
      model: model.id,
      succeeded: judged.length,
      failed: outcomes.length - judged.length,
      results: outcomes.map((outcome, index) =>
        outcome instanceof ApiError
          ? { index, status: "failed" as const, error: blamed(outcome, `pairs[${index}]`).toDetail() }
          : { index, status: "ok" as const, ...judgementOf(outcome) },
      ),
      usage: usageOf(judged),
    };
  });
}

const isJudged = (outcome: Outcome): outcome is Embedded => !(outcome instanceof ApiError);

/** An error of a pair, blamed on the field of the request. What was refused here already names it. */
function blamed(error: ApiError, pair?: string): ApiError {
  if (error.status >= 500 || error.param?.startsWith("pairs")) return error;
  const field = error.param ?? (error.code.startsWith("image_") ? "image" : undefined);
  return error.at([pair, field].filter((part) => part !== undefined).join("."));
}

const usageOf = (entries: readonly Embedded[]) => {
  const tokens = entries.reduce((sum, entry) => sum + entry.tokens, 0);
  return { prompt_tokens: tokens, total_tokens: tokens, images: entries.length };
};
