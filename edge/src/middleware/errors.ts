/** @module The one place where an error becomes HTTP. What is not an ApiError is a bug, answered as 500. */
import { ApiError, toEnvelope } from "@sightline/shared/errors";
import { requestIdFrom } from "@sightline/shared/ids";
import type { Context } from "hono";
import type { App } from "../context.ts";

/** For a 503 whose maker does not know how long it will last. */
const DEFAULT_RETRY_AFTER_SECONDS = 1;

export function onError(error: Error, c: Context<App>): Response {
  const apiError = error instanceof ApiError ? error : new ApiError("internal_error", { cause: error });
  // The request middleware itself may be what failed.
  const requestId = c.var.requestId ?? requestIdFrom(undefined);
  if (apiError.status === 401) c.header("WWW-Authenticate", 'Bearer realm="sightline"');
  if (apiError.retryAfterSeconds !== undefined) c.header("Retry-After", String(Math.ceil(apiError.retryAfterSeconds)));
  else if (apiError.status === 503) c.header("Retry-After", String(DEFAULT_RETRY_AFTER_SECONDS));
  return c.json(toEnvelope(apiError, requestId), apiError.status);
}

export function notFound(c: Context<App>): Response {
  return onError(new ApiError("not_found"), c);
}
