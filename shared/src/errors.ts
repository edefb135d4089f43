/**
 * The closed catalogue of errors. An error is made where its cause is known, as an `ApiError` with a code of this
 * table, and becomes HTTP in exactly one place per service. The reference page lists this table.
 */
import { z } from "zod";

type ErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "rate_limit_error"
  | "server_error";

interface CatalogueEntry {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 502 | 503 | 504;
  readonly type: ErrorType;
  /** What happened, in one sentence; the default message. */
  readonly meaning: string;
  /** What the caller can do about it. */
  readonly remedy: string;
}

const invalid = (meaning: string, remedy: string, status: CatalogueEntry["status"] = 400): CatalogueEntry => ({
  status,
  type: "invalid_request_error",
  meaning,
  remedy,
});
const server = (status: CatalogueEntry["status"], meaning: string, remedy: string): CatalogueEntry => ({
  status,
  type: "server_error",
  meaning,
  remedy,
});

export const ERRORS = {
  invalid_json: invalid("The body is not valid JSON.", "Send one JSON object in UTF-8."),
  invalid_request: invalid("A field has the wrong type or value.", "Correct what the message names."),
  unknown_field: invalid(
    "The request has a field that this endpoint does not know.",
    "Remove it, or check its spelling.",
  ),
  unsupported_content_type: invalid(
    "The content type is not accepted here.",
    "Send `Content-Type: application/json`, or another type that the reference lists for this endpoint.",
    415,
  ),
  body_too_large: invalid("The body is too large.", "Send fewer or smaller inputs per call.", 413),
  empty_input: invalid("There is nothing to work on.", "Send at least one non-empty input."),
  too_many_inputs: invalid("The call has more inputs than one call may carry.", "Split the call."),
  text_too_long: invalid("A text is longer than 8 192 bytes of UTF-8.", "Shorten or split the text."),
  image_invalid: invalid("The image cannot be decoded.", "Send a complete JPEG, PNG, WebP, GIF or AVIF file."),
  image_format_unsupported: invalid(
    "The bytes are not an image of an accepted format.",
    "Convert the image to JPEG, PNG, WebP, GIF or AVIF.",
  ),
  image_type_mismatch: invalid(
    "The declared media type is not what the bytes are.",
    "Declare the type that the image really has, or send plain base64.",
  ),
  image_too_large: invalid("The image file is larger than 10 MB.", "Compress or scale the image down first."),
  image_too_many_pixels: invalid("The image has more than 25 megapixels.", "Scale the image down first."),
  image_url_refused: invalid(
    "The image URL may not be fetched.",
    "Use an http(s) URL of a public host, or send the bytes.",
  ),
  image_url_failed: invalid(
    "The image URL could not be fetched.",
    "Check that the URL answers 200 with an image within a few seconds, or send the bytes.",
  ),
  vector_invalid: invalid(
    "The vector does not fit the model.",
    "Send finite numbers, as many as the model has dimensions, not all zero.",
  ),
  model_family_mismatch: invalid(
    "The model cannot do this kind of work.",
    "Choose a model whose family fits; GET /v1/models lists them.",
  ),
  invalid_cursor: invalid("The cursor is not one that this endpoint gave out.", "Start again without a cursor."),
  invalid_api_key: {
    status: 401,
    type: "authentication_error",
    meaning: "The API key is missing or not valid.",
    remedy: "Send `Authorization: Bearer <key>` with a key that is neither expired nor revoked.",
  },
  https_required: {
    status: 403,
    type: "permission_error",
    meaning: "The call came over plain HTTP, and its key with it.",
    remedy: "Call https://, and replace the key: others may have read it.",
  },
  identity_unavailable: server(503, "API keys cannot be checked at the moment.", "Try again after `Retry-After`."),
  invalid_admin_token: {
    status: 401,
    type: "authentication_error",
    meaning: "The operator's token is missing or not valid.",
    remedy: "Send `Authorization: Bearer <ADMIN_TOKEN>`.",
  },
  tenant_suspended: {
    status: 403,
    type: "permission_error",
    meaning: "The tenant is suspended.",
    remedy: "Ask the operator of this deployment.",
  },
  insufficient_scope: {
    status: 403,
    type: "permission_error",
    meaning: "The API key lacks the scope for this call.",
    remedy: "Use a key with the scope that the message names.",
  },
  not_found: invalid("There is no such resource.", "Check the path; GET /openapi.json lists what exists.", 404),
  model_not_found: invalid("There is no such model.", "Choose one of those that GET /v1/models lists.", 404),
  collection_not_found: invalid("There is no such collection.", "Create it with PUT /v1/collections/{name}.", 404),
  item_not_found: invalid(
    "There is no such item in this collection.",
    "Check the id; GET /v1/collections/{name}/items lists them.",
    404,
  ),
  tenant_not_found: invalid("There is no such tenant.", "GET /admin/v1/tenants lists them.", 404),
  key_not_found: invalid("The tenant has no such key.", "GET /admin/v1/tenants/{tenant}/keys lists them.", 404),
  tenant_conflict: invalid("A tenant of this id exists.", "Choose another id, or change the tenant with PATCH.", 409),
  tenant_not_empty: invalid(
    "The tenant has collections.",
    "Delete them first, with a key of the tenant and DELETE /v1/collections/{name}.",
    409,
  ),
  too_many_keys: invalid("The tenant has as many keys as it may have.", "Revoke those that nobody uses.", 409),
  method_not_allowed: invalid(
    "The path exists, but not with this method.",
    "See GET /openapi.json for the methods of this path.",
    405,
  ),
  collection_conflict: invalid(
    "The collection exists with another model.",
    "Use another name, or delete the collection first.",
    409,
  ),
  too_many_collections: invalid(
    "The tenant has as many collections as it may have.",
    "Delete those that nobody uses, or keep items of several kinds in one: searches filter by metadata.",
    409,
  ),
  collection_migrating: invalid(
    "The collection is being moved to another model, which cannot take vectors of this one.",
    "Send the text or the image itself, or wait until the move is over.",
    409,
  ),
  migration_not_found: invalid(
    "The collection is not being migrated.",
    "Start with POST /admin/v1/tenants/{tenant}/collections/{name}/migration.",
    404,
  ),
  migration_conflict: invalid(
    "The state of the migration does not allow it.",
    "GET /admin/v1/tenants/{tenant}/collections/{name}/migration shows its state.",
    409,
  ),
  snapshot_not_found: invalid("There is no such snapshot.", "GET /admin/v1/snapshots lists them.", 404),
  snapshot_conflict: invalid(
    "Another snapshot is being made or restored.",
    "Wait until it is done; GET /admin/v1/snapshots shows how far it has come.",
    409,
  ),
  snapshots_elsewhere: invalid(
    "The vector store is a Qdrant, which makes its own snapshots.",
    "`npm run ops -- qdrant-backup` fetches them; docs/operations/data.md shows how.",
    409,
  ),
  idempotency_key_reused: invalid(
    "This idempotency key was used for another request.",
    "Use a new key for each different request.",
    422,
  ),
  idempotency_in_progress: invalid(
    "A request with this idempotency key is in progress.",
    "Repeat it after `Retry-After`.",
    409,
  ),
  rate_limit_exceeded: {
    status: 429,
    type: "rate_limit_error",
    meaning: "The tenant's rate limit is used up.",
    remedy: "Wait for as long as `Retry-After` says.",
  },
  quota_exceeded: {
    status: 429,
    type: "rate_limit_error",
    meaning: "The tenant's quota of this month is used up.",
    remedy: "Wait for the next month, or ask the operator for another plan; GET /v1/usage shows what was used.",
  },
  concurrency_limit_exceeded: {
    status: 429,
    type: "rate_limit_error",
    meaning: "The tenant has too many calls in progress.",
    remedy: "Send fewer calls at the same time; more inputs in one call count as one.",
  },
  internal_error: server(500, "Something went wrong on our side.", "Try again; if it persists, report the request id."),
  backend_invalid_response: server(502, "The inference backend gave an unusable answer.", "Try again."),
  backend_unavailable: server(
    503,
    "The inference backend cannot be reached.",
    "Try again after `Retry-After`; cached inputs keep working.",
  ),
  overloaded: server(503, "The service has more work than it can do in time.", "Try again after `Retry-After`."),
  store_unavailable: server(503, "The store cannot be reached.", "Try again after `Retry-After`."),
  deadline_exceeded: server(
    504,
    "The work could not be done within the deadline.",
    "Try again, with fewer inputs if it persists.",
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERRORS;

export const ErrorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

/** What an `ApiError` looks like between services and inside per-item results. */
export const ErrorDetail = z.object({
  code: ErrorCode,
  message: z.string(),
  param: z.string().nullable(),
  retry_after_seconds: z.number().optional(),
});
export type ErrorDetail = z.infer<typeof ErrorDetail>;

interface ApiErrorOptions {
  /** Replaces the catalogue's sentence. Shown to the caller: no paths, stacks or backend messages. */
  readonly message?: string;
  /** The request field at fault, in JavaScript path form: `input[3].image`. */
  readonly param?: string | null;
  readonly retryAfterSeconds?: number;
  /** For the logs only. */
  readonly cause?: unknown;
}

export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: ApiErrorOptions = {}) {
    super(options.message ?? ERRORS[code].meaning, { cause: options.cause });
    this.name = "ApiError";
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): CatalogueEntry["status"] {
    return ERRORS[this.code].status;
  }

  /** The same error, blamed on a field of the caller's own request. */
  at(param: string): ApiError {
    return new ApiError(this.code, {
      message: this.message,
      param,
      ...(this.retryAfterSeconds !== undefined && { retryAfterSeconds: this.retryAfterSeconds }),
      cause: this.cause,
    });
  }

  toDetail(): ErrorDetail {
    const { code, message, param, retryAfterSeconds } = this;
    return { code, message, param, ...(retryAfterSeconds !== undefined && { retry_after_seconds: retryAfterSeconds }) };
  }

  static fromDetail(detail: ErrorDetail): ApiError {
    const { code, message, param, retry_after_seconds: retryAfterSeconds } = detail;
    return new ApiError(code, { message, param, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) });
  }
}

/** The one envelope in which every error leaves the public API; compatible with OpenAI's clients. */
export const ErrorEnvelope = z
  .object({
    error: z.object({
      type: z.string(),
      code: ErrorCode,
      message: z.string(),
      param: z.string().nullable(),
      request_id: z.string(),
    }),
  })
  .meta({ id: "Error" });
export type ErrorEnvelope = z.infer<typeof ErrorEnvelope>;

export function toEnvelope(error: ApiError, requestId: string): ErrorEnvelope {
  const { type, remedy } = ERRORS[error.code];
  return {
    error: { type, code: error.code, message: `${error.message} ${remedy}`, param: error.param, request_id: requestId },
  };
}
