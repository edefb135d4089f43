/** One JSON line for each request, with the error's cause where we are at fault. */
import { ApiError } from "@sightline/shared/errors";
import type { RequestRecord } from "./record.ts";

/**
 * @param error what the request ended with, if it did.
 * @param isQuiet leaves out what went well: tests assert on answers, and lines would bury what went wrong.
 */
export function log(record: RequestRecord, error: Error | undefined, isQuiet: boolean): void {
  const time = new Date().toISOString();
  if (record.status >= 500) console.error(JSON.stringify({ time, level: "error", ...record, cause: causeOf(error) }));
  else if (!isQuiet) console.info(JSON.stringify({ time, level: "info", ...record }));
}

/** An ApiError is made where its cause is known; anything else is a bug, and is its own cause. */
function causeOf(error: Error | undefined): unknown {
  const cause = error instanceof ApiError ? error.cause : error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : cause;
}
