/**
 * OpenTelemetry's SDK, set up for this process. `main.ts` loads this file where spans are to be exported, and nowhere else.
 * The exporter reads its address, headers and timeout from OpenTelemetry's own variables.
 */
import { context, DiagLogLevel, diag } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { MiddlewareHandler } from "hono";
import type { Logger } from "pino";
import type { Observer } from "../observer.ts";
import type { Store } from "../replica.ts";
import { serverSpans } from "./server-spans.ts";
import { spanObserver } from "./span-observer.ts";
import { tracedStore } from "./traced-store.ts";

interface Tracing {
  /** One that records spans and tells the other. */
  observing(other: Observer): Observer;
  /** Sees every signed call. */
  readonly middleware: MiddlewareHandler;
  traced(store: Store, kind: "qdrant" | "embedded"): Store;
  /** That tell a callee its place in the trace. */
  outgoingHeaders(): Readonly<Record<string, string>>;
  /** Exports what is left, if the receiver takes it at once. Never rejects. */
  shutDown(): Promise<void>;
}

interface TracingOptions {
  readonly version: string;
  /** Of the traces that begin here; whatever the edge records is recorded. 0 to 1. */
  readonly ratio: number;
  readonly log: Pick<Logger, "warn">;
}

/** A receiver that is away must not hold up the end of a replica. */
const SHUT_DOWN_MS = 2000;
/** Each export that fails would say so, every few seconds. */
const WARN_EVERY_MS = 60_000;

export function startTracing({ version, ratio, log }: TracingOptions): Tracing {
  diag.setLogger(seldom(log), DiagLogLevel.WARN);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": process.env.OTEL_SERVICE_NAME ?? "sightline-backend",
      "service.version": version,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer = provider.getTracer("sightline");
  const propagator = new W3CTraceContextPropagator();
  return {
    observing: (other) => spanObserver(tracer, other),
    middleware: serverSpans(tracer, propagator),
    traced: (store, kind) => tracedStore(store, tracer, kind),
    outgoingHeaders() {
      const headers: Record<string, string> = {};
      propagator.inject(context.active(), headers, {
        set: (carrier, name, value) => {
          carrier[name] = value;
        },
      });
      return headers;
    },
    async shutDown() {
      const late = new Promise((resolve) => setTimeout(resolve, SHUT_DOWN_MS));
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}

/** The SDK's complaints, one a minute at most and not in full: they may quote what they are about. */
function seldom(log: Pick<Logger, "warn">) {
  let saidAt = Number.NEGATIVE_INFINITY;
  const say = (message: string): void => {
    if (performance.now() - saidAt < WARN_EVERY_MS) return;
    saidAt = performance.now();
    log.warn({ cause: message.slice(0, 200) }, "spans are not exported as they should be");
  };
  const silent = (): void => undefined;
  return { error: say, warn: say, info: silent, debug: silent, verbose: silent };
}
