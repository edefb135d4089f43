/** How a span says what went wrong: by a name of the catalogue. A message may hold what a caller sent. */
import { type Span, SpanStatusCode } from "@opentelemetry/api";
import { ApiError } from "@sightline/shared/errors";

export function fail(span: Span, failure: unknown): void {
  const code = failure instanceof ApiError ? failure.code : "internal_error";
  span.setAttribute("error.type", code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
