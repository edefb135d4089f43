/** Requests and answers of `/v1/collections` and what lies below it; see `types.ts`. */
import type { Judgement } from "./entailment-types.ts";
import type { Failure, ImageSource, Input, Metadata } from "./types.ts";

export type Modality = "text" | "image";

type Scalar = string | number | boolean;

/** Looks at one metadata field; dots reach into objects. Holds if each of its operators does. */
export interface FilterCondition {
  readonly field: string;
  readonly eq?: Scalar;
  readonly ne?: Scalar;
  readonly in?: readonly Scalar[];
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
  readonly exists?: boolean;
}

/** All of `all`, at least one of `any`, none of `not`. */
export interface FilterGroup {
  readonly all?: readonly Filter[];
  readonly any?: readonly Filter[];
  readonly not?: readonly Filter[];
}

export type Filter = FilterCondition | FilterGroup;

export interface CollectionSettings {
  /** Chosen once; the deployment's default model if absent. */
  readonly model?: string;
  readonly description?: string;
  /** Keep a picture of each image item; yes unless said. */
  readonly pictures?: boolean;
}

export interface CollectionSummary {
  readonly name: string;
  readonly model: string;
  readonly revision: string;
  readonly description: string;
  readonly pictures: boolean;
  /** RFC 3339, UTC. */
  readonly created_at: string;
}

export interface CollectionInfo extends CollectionSummary {
  readonly items: { readonly text: number; readonly image: number; readonly total: number };
}

interface ItemBase {
  /** 1 to 256 characters; an item of the same id is replaced. */
  readonly id: string;
  /** To filter by; at most 16 kB as JSON. */
  readonly metadata?: Metadata;
}

/** What an item is made from: a text, a picture, the path of a picture, or a vector of the collection's model. */
export type ItemInput = ItemBase &
  (
    | { readonly text: string }
    | { readonly image: ImageSource }
    | { readonly file: string }
    | {
        readonly embedding: readonly number[] | Float32Array;
        /** What the vector was made from; `image` unless said. */
        readonly modality?: Modality;
      }
  );

export type ItemResult =
  | { readonly id: string; readonly status: "stored"; readonly truncated?: true }
  | {
      /** null where the item has no valid id. */
      readonly id: string | null;
      readonly status: "failed";
      readonly error: Failure;
    };

export interface UpsertResponse {
  readonly succeeded: number;
  readonly failed: number;
  /** One per item, in the order in which they were given. `stored` means durable. */
  readonly results: readonly ItemResult[];
}

export interface Item {
  readonly id: string;
  readonly modality: Modality;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Of an item that was given as a text. */
  readonly text?: string;
  readonly embedding?: readonly number[];
}

/** What to search by: words, a picture, the id of a stored item, or a vector. */
export type SearchQuery = Input | { readonly id: string } | { readonly embedding: readonly number[] | Float32Array };

export interface SearchOptions {
  /** «Not this»: what these share with the query is taken out of it. */
  readonly negative?: readonly SearchQuery[];
  readonly modality?: Modality;
  readonly filter?: Filter;
  /** 1 to 200; 10 unless said. */
  readonly top_k?: number;
  /** Least cosine similarity. */
  readonly score_threshold?: number;
  /** Near-identical items once: those whose cosine with a better one is at least this stand in that one's `similar`. */
  readonly distinct?: number;
  /**
   * `exact` rescores more hits than were asked for with the vectors themselves, where the store searches by compressed ones;
   * `entailment` has the pictures of the best 32 judged: does each show what was searched for?
   */
  readonly rerank?:
    | { readonly type: "exact" }
    | { readonly type: "entailment"; readonly hypothesis?: string; readonly model?: string };
  readonly include?: readonly ("metadata" | "embedding")[];
}

export interface SearchResult {
  readonly id: string;
  /** Cosine similarity, -1 to 1; of several queries their reciprocal rank fusion. */
  readonly score: number;
  readonly modality: Modality;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly embedding?: readonly number[];
  readonly similar?: readonly string[];
  /** The verdict of reranking by entailment. */
  readonly entailment?: Judgement;
}

export interface SearchResponse {
  /** By score, highest first. */
  readonly results: readonly SearchResult[];
}

export type ItemSelector = { readonly ids: readonly string[] } | { readonly filter: Filter };
