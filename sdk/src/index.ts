/** @module The TypeScript client of Sightline, for Node, workers and browsers. */
export { Sightline, type SightlineOptions } from "./client.ts";
export type { Collection } from "./collection.ts";
export type * from "./collection-types.ts";
export type { Embeddings, EmbedOptions } from "./embed.ts";
export type * from "./entailment-types.ts";
export type { ErrorCode } from "./error-codes.ts";
export {
  ApiError,
  AuthenticationError,
  ConflictError,
  ConnectionError,
  InvalidRequestError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServerError,
  SightlineError,
  TimeoutError,
} from "./errors.ts";
export type { BatchOptions } from "./split.ts";
export type { CallOptions, RetryNotice } from "./transport.ts";
export type * from "./types.ts";
