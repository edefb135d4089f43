/**
 * Requests and answers of the API as TypeScript, in the API's own snake_case: what the reference says is what you write.
 * Written by hand so that they read well in an editor; `types.test.ts` holds them to the contract.
 */

import type { ErrorCode } from "./error-codes.ts";

/** A picture: an http(s) URL, a data URI or plain base64 as a string; a `URL`; or the bytes of its file. */
export type ImageSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/**
 * A text or a picture. A plain string is a text; bytes, blobs and `URL`s are pictures. `file` is the path of a picture, where
 * there is a file system (Node, Bun, Deno).
 */
export type Input =
  | string
  | { readonly text: string }
  | { readonly image: ImageSource }
  | { readonly file: string }
  | Exclude<ImageSource, string>;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Metadata = Readonly<Record<string, Json>>;

/** Why one of several could not be done, where the others were. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param: string | null;
  readonly retry_after_seconds?: number;
}

export interface TokenUsage {
  /** Tokens of the texts, special tokens included. */
  readonly prompt_tokens: number;
  readonly total_tokens: number;
  readonly images: number;
}

export interface ClassifyRequest {
  /** The deployment's default model if absent. */
  readonly model?: string;
  readonly input: Input | readonly Input[];
  /** At most 100; a label with prompts of its own is scored by their mean. */
  readonly labels: readonly (string | { readonly label: string; readonly prompts: readonly string[] })[];
  /** Wraps each plain label, `{}` once: `a photo of a {}`. The model's own if absent. */
  readonly template?: string;
}

export interface ClassifyResponse {
  readonly model: string;
  readonly data: readonly {
    /** Place of the input in the request. */
    readonly index: number;
    /** By score, highest first; a softmax over the labels with the model's logit scale. */
    readonly labels: readonly { readonly label: string; readonly score: number; readonly cosine: number }[];
  }[];
  readonly usage: TokenUsage;
}

export interface RankRequest {
  readonly model?: string;
  readonly query: Input;
  /** At most 100. */
  readonly candidates: readonly Input[];
  readonly top_k?: number;
}

export interface RankResponse {
  readonly model: string;
  /** By score, highest first; a softmax over all candidates. `index` is the place in `candidates`. */
  readonly results: readonly { readonly index: number; readonly score: number; readonly cosine: number }[];
  readonly usage: TokenUsage;
}

export interface Model {
  readonly id: string;
  readonly object: "model";
  readonly revision: string;
  readonly family: "clip" | "ofa";
  /** The endpoints that take it; `search` means collections. */
  readonly tasks: readonly ("embeddings" | "classify" | "rank" | "search" | "entailment")[];
  /** Used by these endpoints where a call names none. */
  readonly default: boolean;
  readonly description: string;
  readonly license: string;
  readonly dims: number | null;
  readonly context_length: number;
  readonly image_size: number;
}

export interface Work {
  readonly text: number;
  readonly image: number;
  readonly pair: number;
  readonly search: number;
  readonly write: number;
  readonly read: number;
}

export interface Usage {
  readonly object: "usage";
  readonly tenant: string;
  readonly plan: "free" | "standard" | "unlimited";
  /** `2026-11`, in UTC. */
  readonly month: string;
  readonly compute_units: number;
  readonly quota: { readonly compute_units: number; readonly remaining: number; readonly resets_at: string };
  readonly days: readonly {
    readonly date: string;
    readonly requests: number;
    readonly compute_units: number;
    readonly work: Work;
  }[];
}
