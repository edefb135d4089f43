/** The one place where the backend's errors become HTTP: MessagePack `{error: {code, message, param}}`. */
import { ApiError } from "@sightline/shared/errors";
import { MSGPACK, pack } from "@sightline/shared/internal/protocol";
import type { Context } from "hono";

export function onError(error: unknown, c: Context): Response {
  const apiError = error instanceof ApiError ? error : new ApiError("internal_error", { cause: error });
  return c.body(pack({ error: apiError.toDetail() }) as Uint8Array<ArrayBuffer>, apiError.status, {
    "content-type": MSGPACK,
  });
}
