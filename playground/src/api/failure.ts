/** The one way in which calls to the API fail, with what the API itself says about it. */
import type { ErrorCode, ErrorEnvelope } from "@sightline/shared/errors";

/** Nobody watches a page for longer; a quota may be months away. */
export const LONGEST_WAIT_SECONDS = 120;

interface FailureDetails {
  readonly status?: number;
  readonly code?: ErrorCode | undefined;
  readonly requestId?: string;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** A call that did not succeed. `message` is the API's own sentence, fit to be shown; empty when there is none. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  /** HTTP status; undefined when no answer came at all. */
  readonly status: number | undefined;
  readonly code: ErrorCode | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, details: FailureDetails = {}) {
    super(message, { cause: details.cause });
    this.status = details.status;
    this.code = details.code;
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** Reads the error envelope; a proxy in between may have answered with anything else. */
export async function toFailure(response: Response): Promise<ApiFailure> {
  const { status } = response;
  const retryAfterSeconds = readRetryAfter(response.headers.get("Retry-After"));
  const body: unknown = await response.json().catch(() => undefined);
  if (!isEnvelope(body)) return new ApiFailure("", { status, retryAfterSeconds });
  const { message, code, request_id: requestId } = body.error;
  return new ApiFailure(message, { status, code, requestId, retryAfterSeconds });
}

/** Whole seconds; the API sends no dates. */
const readRetryAfter = (header: string | null): number | undefined =>
  header !== null && /^\d+$/.test(header) ? Number(header) : undefined;

function isEnvelope(body: unknown): body is ErrorEnvelope {
  if (typeof body !== "object" || body === null || !("error" in body)) return false;
  const { error } = body;
  return typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";
}
