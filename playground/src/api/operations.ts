/** The calls that panels make and show as code. Schemas are taken as types only: zod stays out of the page. */
import type {
  PutItemsRequest,
  PutItemsResponse,
  SearchRequest,
  SearchResponse,
} from "@sightline/shared/api/collections";
import type { EntailmentRequest, EntailmentResponse } from "@sightline/shared/api/entailment";
import type {
  ClassifyRequest,
  ClassifyResponse,
  EmbeddingsRequest,
  EmbeddingsResponse,
  RankRequest,
  RankResponse,
} from "@sightline/shared/api/inference";

/** What a schema accepts, that is, as callers write it. */
type Accepted<T extends { readonly _zod: { readonly input: unknown } }> = T["_zod"]["input"];

interface Bodies {
  readonly search: Accepted<typeof SearchRequest>;
  readonly add: Accepted<typeof PutItemsRequest>;
  readonly classify: Accepted<typeof ClassifyRequest>;
  readonly rank: Accepted<typeof RankRequest>;
  readonly entail: Accepted<typeof EntailmentRequest>;
  readonly embed: Accepted<typeof EmbeddingsRequest>;
}

export interface Answers {
  readonly search: SearchResponse;
  readonly add: PutItemsResponse;
  readonly classify: ClassifyResponse;
  readonly rank: RankResponse;
  readonly entail: EntailmentResponse;
  readonly embed: EmbeddingsResponse;
}

export type Kind = keyof Answers;

/** A call of one kind; what lies in a collection also names it. */
export type OperationOf<K extends Kind> = { readonly kind: K; readonly body: Bodies[K] } & (K extends "search" | "add"
  ? { readonly collection: string }
  : unknown);

export type Operation = { readonly [K in Kind]: OperationOf<K> }[Kind];

/** The field that every answer of the kind has: enough to tell it from what a proxy may send in its place. */
export const ANSWER_FIELD = {
  search: "results",
  add: "results",
  classify: "data",
  rank: "results",
  entail: "label",
  embed: "data",
} as const satisfies { readonly [K in Kind]: keyof Answers[K] };

interface Endpoint {
  readonly method: "POST" | "PUT";
  /** Without a leading slash: the page may live under any prefix. */
  readonly path: string;
}

export function endpointOf(operation: Operation): Endpoint {
  switch (operation.kind) {
    case "search":
      return { method: "POST", path: `${collectionPath(operation.collection)}/search` };
    case "add":
      return { method: "PUT", path: `${collectionPath(operation.collection)}/items` };
    case "classify":
      return { method: "POST", path: "v1/classify" };
    case "rank":
      return { method: "POST", path: "v1/rank" };
    case "entail":
      return { method: "POST", path: "v1/entailment" };
    case "embed":
      return { method: "POST", path: "v1/embeddings" };
  }
}

export const collectionPath = (name: string): string => `v1/collections/${encodeURIComponent(name)}`;
