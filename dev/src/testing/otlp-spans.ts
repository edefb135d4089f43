/**
 * Spans out of an OTLP/HTTP body, by OpenTelemetry's own protobuf definitions, which OpenTelemetry's JavaScript has published as
 * code (up to its version 0.214). Strict: what the definitions do not know is an error.
 */
import { isDeepStrictEqual } from "node:util";
import definitions from "@opentelemetry/otlp-transformer/build/src/generated/root.js";
import { z } from "zod";

/** What protobuf.js makes of a message's definition. */
interface MessageType {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
  fromObject(plain: object): object;
  toObject(message: object, options: { readonly longs: typeof String; readonly bytes: typeof String }): unknown;
}

const { ExportTraceServiceRequest } = (
  definitions as unknown as {
    readonly opentelemetry: {
      readonly proto: {
        readonly collector: { readonly trace: { readonly v1: { readonly ExportTraceServiceRequest: MessageType } } };
      };
    };
  }
).opentelemetry.proto.collector.trace.v1;

/** As JSON has them. */
const Value = z.union([
  z.strictObject({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
  z.strictObject({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
  z.strictObject({ intValue: z.string() }).transform(({ intValue }) => Number(intValue)),
  z.strictObject({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
]);
const Attributes = z
  .array(z.object({ key: z.string(), value: Value }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])));
const TraceId = z.string().regex(/^(?!0{32})[0-9a-f]{32}$/);
const SpanId = z.string().regex(/^(?!0{16})[0-9a-f]{16}$/);
const Time = z.string().regex(/^[1-9]\d{18}$/);

const Span = z.object({
  traceId: TraceId,
  spanId: SpanId,
  parentSpanId: SpanId.optional(),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: Time,
  endTimeUnixNano: Time,
  attributes: Attributes,
  links: z.array(z.object({ traceId: TraceId, spanId: SpanId })).default([]),
  status: z.object({ code: z.int().optional() }).optional(),
});

const Body = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
});

export interface ReceivedSpan extends z.infer<typeof Span> {
  /** `service.name` of who sent it. */
  readonly service: string;
}

/** @throws Error if the body is not what the definitions, or the mapping of OTLP to JSON, say. */
export function spansOf(contentType: string | undefined, body: Buffer): readonly ReceivedSpan[] {
  const json = contentType === "application/json" ? JSON.parse(body.toString()) : undefined;
  const message =
    json === undefined ? decoded(contentType, body) : ExportTraceServiceRequest.fromObject(withBinaryIds(json));
  const plain = withHexIds(ExportTraceServiceRequest.toObject(message, { longs: String, bytes: String }));
  if (json !== undefined && !isDeepStrictEqual(withoutDefaults(json), withoutDefaults(plain))) {
    throw new Error(`not OTLP's JSON: ${body}`);
  }
  return Body.parse(plain).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({ ...span, service: String(resource.attributes["service.name"]) })),
    ),
  );
}

function decoded(contentType: string | undefined, body: Buffer): object {
  if (contentType !== "application/x-protobuf") throw new Error(`not OTLP: ${contentType}`);
  const message = ExportTraceServiceRequest.decode(body);
  // Fields that the definitions do not know are gone.
  if (ExportTraceServiceRequest.encode(message).finish().length !== body.length) throw new Error("unknown fields");
  return message;
}

/** Where JSON has ids in hex, protobuf.js takes bytes. */
const withBinaryIds = (value: unknown): object => mapIds(value, (id) => Buffer.from(id, "hex")) as object;

/** protobuf.js writes bytes in base64. */
const withHexIds = (value: unknown): unknown => mapIds(value, (id) => Buffer.from(id, "base64").toString("hex"));

function mapIds(value: unknown, change: (id: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => mapIds(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      typeof field === "string" && /^(traceId|spanId|parentSpanId)$/.test(key) ? change(field) : mapIds(field, change),
    ]),
  );
}

/** An empty list and an absent one are the same. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => !(Array.isArray(field) && field.length === 0))
      .map(([key, field]) => [key, withoutDefaults(field)]),
  );
}
