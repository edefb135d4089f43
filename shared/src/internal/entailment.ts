/** `POST /internal/v1/entail`: what a model makes of pairs of a picture and a sentence. */
import { z } from "zod";
import { ErrorDetail } from "../errors.ts";
import { Bytes, Lane, ModelRef, Timings, WireImage } from "./protocol.ts";

export const EntailRequest = z.object({
  model: ModelRef,
  lane: Lane,
  /** Each picture once, however many pairs are about it: it travels once, and is decoded once. */
  images: z.array(WireImage),
  pairs: z.array(
    z.object({
      /** Index in `images`. */
      image: z.int().nonnegative(),
      hypothesis: z.string(),
      caption: z.string().optional(),
    }),
  ),
});
export type EntailRequest = z.infer<typeof EntailRequest>;

/**
 * `scores`: the probabilities of yes, no and maybe, little-endian float32. `tokens`: of the prompt. `truncated`: the texts
 * had more words than the model reads. An error's `param` is a field of the pair.
 */
const EntailResult = z.discriminatedUnion("status", [
  z.object({ status: z.literal("ok"), scores: Bytes, tokens: z.number().int(), truncated: z.boolean() }),
  z.object({ status: z.literal("failed"), error: ErrorDetail }),
]);
export type EntailResult = z.infer<typeof EntailResult>;

/** One result per pair, in order. A pair that cannot be judged fails alone. */
export const EntailResponse = z.object({ results: z.array(EntailResult), timings: Timings });
export type EntailResponse = z.infer<typeof EntailResponse>;
