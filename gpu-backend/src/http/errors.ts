/** The one place where the backend's errors become HTTP: MessagePack `{error: {code, message, param}}`. */
import { ApiError } from "@sightline/shared/errors";
import { MSGPACK, pack } from "@sightline/shared/internal/protocol";
import type { Context } from "hono";

/** nginx's number for a caller who left before the answer. */
export const CLIENT_LEFT = 499;

export function onError(error: unknown, c: Context): Response {
  // Nobody reads it; metrics, log and trace do not take it for a failure of ours.
  if (c.req.raw.signal.aborted) return new Response(null, { status: CLIENT_LEFT });
  const apiError = error instanceof ApiError ? error : new ApiError("internal_error", { cause: error });
  return c.body(pack({ error: apiError.toDetail() }) as Uint8Array<ArrayBuffer>, apiError.status, {
    "content-type": MSGPACK,
  });
}
