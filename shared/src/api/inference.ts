/** Requests and answers of `/v1/embeddings`, `/v1/classify`, `/v1/rank` and `/v1/models`. */
import { z } from "zod";
import { ModelId } from "../ids.ts";
import type { Family } from "../internal/protocol.ts";
import { LIMITS } from "../limits.ts";
import { Input, TextValue } from "./input.ts";

export const Model = ModelId.optional().meta({
  description: "A model id from GET /v1/models; the deployment's default model if absent",
  example: "emoji-dual",
});

/** A single value or a list of them; always a list after parsing. */
const oneOrMany = <T extends z.ZodType>(item: T) =>
  z.union([
    item,
    z
      .array(item)
      .min(1, { message: "the list is empty" })
      .max(LIMITS.textsPerCall, { message: `at most ${LIMITS.textsPerCall} inputs per call` }),
  ]);

export const Usage = z
  .object({
    prompt_tokens: z.number().int().meta({ description: "Tokens of the texts, special tokens included" }),
    total_tokens: z.number().int(),
    images: z.number().int(),
  })
  .meta({ id: "TokenUsage" });
export type Usage = z.infer<typeof Usage>;

export const EmbeddingsRequest = z
  .strictObject({
    model: Model,
    input: oneOrMany(Input),
    encoding_format: z.enum(["float", "base64"]).default("float"),
    dimensions: z
      .number()
      .int()
      .optional()
      .meta({ description: "Accepted for compatibility; must equal the model's own" }),
    user: z.string().max(256).optional().meta({ description: "Accepted for compatibility; not used" }),
  })
  .meta({ id: "EmbeddingsRequest" });

export const EmbeddingsResponse = z
  .object({
    object: z.literal("list"),
    model: z.string(),
    data: z.array(
      z.object({
        object: z.literal("embedding"),
        index: z.number().int(),
        embedding: z
          .union([z.array(z.number()), z.string()])
          .meta({ description: "L2-normalised; numbers, or base64 of little-endian float32" }),
        truncated: z
          .literal(true)
          .optional()
          .meta({ description: "Present if the text was longer than the model's context" }),
      }),
    ),
    usage: Usage,
  })
  .meta({ id: "EmbeddingsResponse" });
export type EmbeddingsResponse = z.infer<typeof EmbeddingsResponse>;

const LabelText = TextValue.refine((s) => s.length <= 512, { message: "a label has at most 512 characters" });

export const ClassifyRequest = z
  .strictObject({
    model: Model,
    input: oneOrMany(Input),
    labels: z
      .array(
        z.union([
          LabelText,
          z.strictObject({
            label: LabelText,
            prompts: z.array(TextValue).min(1).max(LIMITS.promptsPerCall),
          }),
        ]),
      )
      .min(1, { message: "at least one label" })
      .max(LIMITS.labels, { message: `at most ${LIMITS.labels} labels` }),
    template: z
      .string()
      .max(512)
      .refine((t) => t.split("{}").length === 2, { message: "a template holds {} exactly once" })
      .optional()
      .meta({ description: "Wraps each plain label; the model's own template if absent", example: "a photo of a {}" }),
  })
  .meta({ id: "ClassifyRequest" });

export const ClassifyResponse = z
  .object({
    model: z.string(),
    data: z.array(
      z.object({
        index: z.number().int(),
        labels: z
          .array(
            z.object({
              label: z.string(),
              score: z.number().meta({ description: "Softmax over the labels with the model's logit scale" }),
              cosine: z.number(),
            }),
          )
          .meta({ description: "Sorted by score, highest first" }),
      }),
    ),
    usage: Usage,
  })
  .meta({ id: "ClassifyResponse" });
export type ClassifyResponse = z.infer<typeof ClassifyResponse>;

export const RankRequest = z
  .strictObject({
    model: Model,
    query: Input,
    candidates: z
      .array(Input)
      .min(1, { message: "at least one candidate" })
      .max(LIMITS.candidates, { message: `at most ${LIMITS.candidates} candidates` }),
    top_k: z.number().int().min(1).max(LIMITS.candidates).optional(),
  })
  .meta({ id: "RankRequest" });

export const RankResponse = z
  .object({
    model: z.string(),
    results: z
      .array(
        z.object({
          index: z.number().int().meta({ description: "Position in `candidates`" }),
          score: z.number().meta({ description: "Softmax over all candidates with the model's logit scale" }),
          cosine: z.number(),
        }),
      )
      .meta({ description: "Sorted by score, highest first" }),
    usage: Usage,
  })
  .meta({ id: "RankResponse" });
export type RankResponse = z.infer<typeof RankResponse>;

/** What the models of a family can do. */
export const TASKS = {
  clip: ["embeddings", "classify", "rank", "search"],
  ofa: ["entailment"],
} as const satisfies Record<Family, readonly string[]>;

export const ModelsResponse = z
  .object({
    object: z.literal("list"),
    data: z.array(
      z.object({
        id: z.string(),
        object: z.literal("model"),
        revision: z.string(),
        family: z.enum(Object.keys(TASKS) as Family[]),
        tasks: z
          .array(z.enum(Object.values(TASKS).flat()))
          .meta({ description: "The endpoints that take it; `search` means collections" }),
        default: z.boolean().meta({ description: "Taken by these endpoints where none is named" }),
        description: z.string(),
        license: z.string(),
        dims: z.number().int().nullable(),
        context_length: z.number().int(),
        image_size: z.number().int(),
      }),
    ),
  })
  .meta({ id: "ModelsResponse" });
export type ModelsResponse = z.infer<typeof ModelsResponse>;
