/** The one signed call from edge to backend: MessagePack body, short-lived token bound to it, deadline, parsed answer. */
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import type { RequestId, TenantId } from "@sightline/shared/ids";
import { DEADLINE_HEADER, InternalError, MSGPACK, pack, unpack } from "@sightline/shared/internal/protocol";
import { importSigningKey, signCall } from "@sightline/shared/internal/token";
import type { z } from "zod";
import type { Deadline } from "../deadline.ts";

/** Until the backend says better, a caller waits this long before the next try. */
const RETRY_AFTER_SECONDS = 5;

/** What the backend refuses about our call itself is our fault (a secret, a clock, a version), never the caller's. */
const OURS: ReadonlySet<ErrorCode> = new Set(["invalid_api_key", "not_found", "body_too_large"]);

export interface CallContext {
  readonly tenant: TenantId;
  readonly requestId: RequestId;
  readonly deadline: Deadline;
}

export interface BackendClient {
  /**
   * @throws ApiError: backend_unavailable (refused, unreachable), deadline_exceeded, backend_invalid_response (the
   * answer does not parse), or whatever catalogue error the backend answered.
   */
  call<T>(path: string, request: unknown, answer: z.ZodType<T>, context: CallContext): Promise<T>;
}

export function createBackendClient(baseUrl: string, secret: string, fetcher: typeof fetch = fetch): BackendClient {
  const signingKey = importSigningKey(secret);

  return {
    async call(path, request, answer, context) {
      const body = pack(request);
      const token = await signCall(await signingKey, { tenant: context.tenant, path, body });
      const response = await send(new URL(path, baseUrl), body, token, context);
      const payload = await readPayload(response, context);
      if (!response.ok) {
        const failure = InternalError.safeParse(payload);
        if (failure.success && !OURS.has(failure.data.error.code)) throw ApiError.fromDetail(failure.data.error);
        throw new ApiError("backend_invalid_response", { cause: failure.data?.error ?? `status ${response.status}` });
      }
      const parsed = answer.safeParse(payload);
      if (!parsed.success) throw new ApiError("backend_invalid_response", { cause: parsed.error });
      return parsed.data;
    },
  };

  async function send(url: URL, body: Uint8Array, token: string, context: CallContext): Promise<Response> {
    try {
      return await fetcher(url, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": MSGPACK,
          "x-request-id": context.requestId,
          [DEADLINE_HEADER]: String(Math.max(1, Math.floor(context.deadline.remainingMs()))),
        },
        body,
        redirect: "manual",
        signal: context.deadline.signal,
      });
    } catch (cause) {
      throw failureOf(cause, context);
    }
  }
}

async function readPayload(response: Response, context: CallContext): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw failureOf(cause, context);
  }
  try {
    return unpack(bytes);
  } catch (cause) {
    throw new ApiError("backend_invalid_response", { cause });
  }
}

function failureOf(cause: unknown, context: CallContext): ApiError {
  return context.deadline.signal.aborted
    ? new ApiError("deadline_exceeded", { cause })
    : new ApiError("backend_unavailable", { cause, retryAfterSeconds: RETRY_AFTER_SECONDS });
}
