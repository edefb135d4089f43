/** What can go wrong between us and Qdrant: read from the client's errors, which say it in many ways. */
import { QdrantClientResourceExhaustedError, QdrantClientUnexpectedResponseError } from "@qdrant/js-client-rest";
import { z } from "zod";

export interface QdrantFault {
  /** For the log: never shown to a caller. */
  readonly message: string;
  readonly status?: number;
  /** Whether the same request may succeed a moment later. */
  readonly isTransient: boolean;
  /** What the server asks for before it is asked again. */
  readonly retryAfterSeconds?: number;
}

/** The client's error for an answer that is not 2xx. Its class is not among the exports. */
const HttpFault = z.object({ status: z.number().int(), data: z.unknown() });
const ErrorBody = z.object({ status: z.object({ error: z.string() }) });

const REQUEST_TIMEOUT = 408;
const INSUFFICIENT_STORAGE = 507;

export function explain(error: unknown): QdrantFault {
  if (error instanceof QdrantClientResourceExhaustedError) {
    // The client (1.19.0) keeps only the first digit of the header: a wait of 10 s or more looks shorter than it is.
    return { status: 429, message: "too many requests", isTransient: true, retryAfterSeconds: error.retry_after };
  }
  const http = error instanceof Error ? HttpFault.safeParse(error) : undefined;
  if (http?.success) {
    const { status, data } = http.data;
    const body = ErrorBody.safeParse(data);
    const said = body.success ? body.data.status.error : String(data).slice(0, 200);
    const isTransient = (status >= 500 && status !== INSUFFICIENT_STORAGE) || [429, REQUEST_TIMEOUT].includes(status);
    return { status, message: `status ${status}: ${said}`, isTransient };
  }
  // An answer that is not what Qdrant answers will not be another one the next time; a connection may.
  const isNonsense =
    error instanceof SyntaxError || error instanceof z.ZodError || error instanceof QdrantClientUnexpectedResponseError;
  return { message: describe(error), isTransient: !isNonsense };
}

/** Qdrant's own words, not merely the status: a wrong address answers 404, too. */
export const isMissingCollection = ({ status, message }: QdrantFault): boolean =>
  status === 404 && /Collection .* doesn't exist/.test(message);

export const isConflict = ({ status }: QdrantFault): boolean => status === 409;

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
