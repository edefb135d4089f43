/** Requests and answers of `/v1/entailment`; see `types.ts`. */
import type { Failure, ImageSource, TokenUsage } from "./types.ts";

/** A picture and the sentence that it supports or not. */
export type Pair = ({ readonly image: ImageSource } | { readonly file: string }) & {
  readonly hypothesis: string;
  /** What is known of the picture besides: a second premise. */
  readonly caption?: string;
};

export type EntailmentRequest = Pair & {
  /** The deployment's default model of this kind if absent. */
  readonly model?: string;
};

export interface EntailmentListRequest {
  readonly model?: string;
  readonly pairs: readonly Pair[];
}

export interface Judgement {
  /** yes: the picture supports it; no: it contradicts it; maybe: neither. */
  readonly label: "yes" | "no" | "maybe";
  /** The probability of the label. */
  readonly confidence: number;
  readonly scores: { readonly yes: number; readonly no: number; readonly maybe: number };
  /** Present if a text had more words than the model reads. */
  readonly truncated?: true;
}

export interface EntailmentResponse extends Judgement {
  readonly model: string;
  readonly usage: TokenUsage;
}

export interface EntailmentListResponse {
  readonly model: string;
  readonly succeeded: number;
  readonly failed: number;
  /** One per pair, in the request's order. A pair that cannot be judged fails alone. */
  readonly results: readonly (
    | ({ readonly index: number; readonly status: "ok" } & Judgement)
    | {
        readonly index: number;
        readonly status: "failed";
        readonly error: Failure;
      }
  )[];
  readonly usage: TokenUsage;
}
