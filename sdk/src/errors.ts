/** What can go wrong with a call: one class for each kind of trouble, all of them `SightlineError`s. */
import type { ErrorCode } from "./error-codes.ts";

export class SightlineError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No answer came: the host is unknown, refuses the connection, or broke it off. */
export class ConnectionError extends SightlineError {}

/** No answer came in time; `timeoutMs` says how long a try may take. */
export class TimeoutError extends ConnectionError {}

/** What the API says of a call that it refused or failed. */
export interface ApiErrorDetails {
  readonly status: number;
  /** Of the API's catalogue; null if the answer was not the API's own, but a proxy's page for example. */
  readonly code: ErrorCode | (string & {}) | null;
  readonly message: string;
  /** The field of the request at fault: `input[3].image`. */
  readonly param: string | null;
  /** For whoever operates the API. */
  readonly requestId: string | null;
  /** How long to wait before trying again, where the API said so. */
  readonly retryAfterMs: number | null;
}

export class ApiError extends SightlineError implements ApiErrorDetails {
  readonly status: number;
  readonly code: ErrorCode | (string & {}) | null;
  readonly param: string | null;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;

  constructor({ message, status, code, param, requestId, retryAfterMs }: ApiErrorDetails) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
  }
}

/** 400, 405, 413, 415, 422: the request has to be changed before it can succeed. */
export class InvalidRequestError extends ApiError {}
/** 401: the key is missing, wrong, expired or revoked. */
export class AuthenticationError extends ApiError {}
/** 403: the key lacks a scope, or the tenant is suspended. */
export class PermissionDeniedError extends ApiError {}
/** 404: no such collection, item or model. */
export class NotFoundError extends ApiError {}
/** 409: the state of the thing does not allow it. */
export class ConflictError extends ApiError {}
/** 429: a limit of the plan is used up. */
export class RateLimitError extends ApiError {}
/** 500 and above: not the caller's fault. */
export class ServerError extends ApiError {}

const CLASSES: Readonly<Record<number, typeof ApiError>> = {
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  429: RateLimitError,
};

export function apiError(details: ApiErrorDetails): ApiError {
  const { status } = details;
  const Kind = CLASSES[status] ?? (status >= 500 ? ServerError : InvalidRequestError);
  return new Kind(details);
}

/** @param body as it came; the API's own envelope or anything else. */
export function errorFromResponse(response: Response, body: string): ApiError {
  const { code = null, message, param = null } = envelopeIn(body);
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  return apiError({
    status: response.status,
    code,
    message: message ?? `The server answered ${response.status} ${response.statusText}`.trimEnd(),
    param,
    requestId: response.headers.get("x-request-id"),
    retryAfterMs: Number.isFinite(retryAfter) ? 1000 * retryAfter : null,
  });
}

interface Envelope {
  readonly code?: string;
  readonly message?: string;
  readonly param?: string | null;
}

function envelopeIn(body: string): Envelope {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === "object" && error !== null ? error : {};
  } catch {
    return {};
  }
}
