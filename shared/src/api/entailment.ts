/** Requests and answers of `/v1/entailment`: does a picture support a sentence? */
import { z } from "zod";
import { ErrorDetail } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { Model, Usage } from "./inference.ts";
import { ImageValue, TextValue } from "./input.ts";

/** In the order of a model's scores. */
export const ANSWERS = ["yes", "no", "maybe"] as const;

const PAIR = {
  image: ImageValue,
  hypothesis: TextValue.meta({ description: "The sentence that the picture supports or not", example: "a dog runs" }),
  caption: TextValue.optional().meta({ description: "What is known of the picture besides: a second premise" }),
};

export const Pair = z.strictObject(PAIR).meta({ id: "Pair" });
export type Pair = z.infer<typeof Pair>;

export const EntailmentRequest = z.strictObject({ model: Model, ...PAIR }).meta({ id: "EntailmentRequest" });

const pairsOf = <T extends z.ZodType>(pair: T) =>
  z
    .array(pair)
    .min(1, { message: "at least one pair" })
    .max(LIMITS.pairsPerCall, { message: `at most ${LIMITS.pairsPerCall} pairs per call` });

/** As callers write it. */
export const EntailmentListRequest = z
  .strictObject({ model: Model, pairs: pairsOf(Pair) })
  .meta({ id: "EntailmentListRequest" });

/** As it is read: each pair is parsed alone. */
export const EntailmentListEnvelope = z.strictObject({ model: Model, pairs: pairsOf(z.unknown()) });

const Probability = z.number().min(0).max(1);

const JUDGEMENT = {
  label: z.enum(ANSWERS).meta({ description: "yes: the picture supports it; no: it contradicts it; maybe: neither" }),
  confidence: Probability.meta({ description: "The probability of the label: the largest of the scores" }),
  scores: z.object({ yes: Probability, no: Probability, maybe: Probability }).meta({
    description: "Probabilities as the model gives them; whether they are calibrated depends on the model",
  }),
  truncated: z
    .literal(true)
    .optional()
    .meta({ description: "Present if a text had more words than the model reads; the rest was cut off" }),
};

export const Judgement = z.object(JUDGEMENT).meta({ id: "Judgement" });
export type Judgement = Readonly<z.infer<typeof Judgement>>;

export const EntailmentResponse = z
  .object({ model: z.string(), ...JUDGEMENT, usage: Usage })
  .meta({ id: "EntailmentResponse" });
export type EntailmentResponse = z.infer<typeof EntailmentResponse>;

export const EntailmentListResponse = z
  .object({
    model: z.string(),
    succeeded: z.number().int(),
    failed: z.number().int(),
    results: z
      .array(
        z.union([
          z.object({ index: z.number().int(), status: z.literal("ok"), ...JUDGEMENT }),
          z.object({ index: z.number().int(), status: z.literal("failed"), error: ErrorDetail }),
        ]),
      )
      .meta({ description: "One per pair, in the request's order. A pair that cannot be judged fails alone" }),
    usage: Usage,
  })
  .meta({ id: "EntailmentListResponse" });
export type EntailmentListResponse = z.infer<typeof EntailmentListResponse>;
