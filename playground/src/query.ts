/** What a person is looking for, and how it is said to the API. */
import type { SearchRequest } from "@sightline/shared/api/collections";

interface TextQuery {
  readonly kind: "text";
  readonly text: string;
}

export interface PictureQuery {
  readonly kind: "picture";
  /** The file's name, for the person. */
  readonly name: string;
  /** `data:<type>;base64,…`; the type is the one that the bytes have. */
  readonly dataUri: string;
  /** The same bytes, to show them. */
  readonly picture: Blob;
}

/** More like an item that is already stored; its own vector is the query. */
export interface SimilarQuery {
  readonly kind: "similar";
  readonly id: string;
  readonly name: string;
}

export type Query = TextQuery | PictureQuery | SimilarQuery;

/** The body of a search as the contract accepts it. Taken as a type only: zod stays out of the page. */
export type SearchBody = (typeof SearchRequest)["_zod"]["input"];

/** The grid's 24 cards fill whole rows of 2, 3, 4, 6 and 8. */
const TOP_K = 24;

export function toSearchBody(query: Query): SearchBody {
  return { query: toWire(query), top_k: TOP_K };
}

function toWire(query: Query): SearchBody["query"] {
  switch (query.kind) {
    case "text":
      return query.text;
    case "picture":
      return { image: query.dataUri };
    case "similar":
      return { id: query.id };
  }
}
