/** A span that has ended, in OpenTelemetry's terms. */
import type { TraceContext } from "@sightline/shared/trace-context";

/** Undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export type SpanKind = "internal" | "server" | "client";

export interface EndedSpan {
  readonly context: TraceContext;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly attributes: Attributes;
  /** A name of what went wrong, of few: it becomes `error.type`. */
  readonly error: string | undefined;
}
