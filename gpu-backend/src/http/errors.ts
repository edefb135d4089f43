/** The one place where the backend's errors become HTTP: MessagePack `{error: {code, message, param}}`. */
import { ApiError } from "@sightline/shared/errors";
import { MSGPACK, pack } from "@sightline/shared/internal/protocol";
import { parseTraceparent } from "@sightline/shared/trace-context";
import type { Context } from "hono";
import type { Logger } from "pino";

export const onError =
  (log: Pick<Logger, "error">) =>
  (error: unknown, c: Context): Response => {
    const apiError = error instanceof ApiError ? error : new ApiError("internal_error", { cause: error });
    if (apiError.status >= 500) {
      log.error(
        {
          request_id: c.req.header("x-request-id"),
          trace_id: parseTraceparent(c.req.header("traceparent"))?.traceId,
          path: c.req.path,
          code: apiError.code,
          err: apiError.cause,
        },
        "call failed",
      );
    }
    return c.body(pack({ error: apiError.toDetail() }) as Uint8Array<ArrayBuffer>, apiError.status, {
      "content-type": MSGPACK,
    });
  };
