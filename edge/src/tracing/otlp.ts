/**
 * Spans as OTLP's JSON: the protobuf mapping, but with ids in hex and enums as numbers; 64-bit integers are strings.
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
import type { Attributes, EndedSpan, SpanKind } from "./span.ts";

const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };
const STATUS_ERROR = 2;

/** @param resource what describes the worker itself. @returns the body of `POST /v1/traces`. */
export function toOtlp(spans: readonly EndedSpan[], resource: Attributes): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: "sightline" }, spans: spans.map(toSpan) }],
      },
    ],
  });
}

const toSpan = ({ context, parentSpanId, name, kind, from, to, attributes, error }: EndedSpan) => ({
  traceId: context.traceId,
  spanId: context.spanId,
  ...(parentSpanId !== undefined && { parentSpanId }),
  flags: Number.parseInt(context.flags, 16),
  name,
  kind: KINDS[kind],
  startTimeUnixNano: nanoseconds(from),
  endTimeUnixNano: nanoseconds(to),
  attributes: keyValues({ ...attributes, "error.type": error }),
  ...(error !== undefined && { status: { code: STATUS_ERROR } }),
});

/** As text: microseconds are what a double holds. */
const nanoseconds = (ms: number): string => `${Math.round(ms * 1000)}000`;

const keyValues = (attributes: Attributes) =>
  Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]));

function anyValue(value: string | number | boolean) {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
