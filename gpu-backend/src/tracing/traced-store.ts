/** A vector store whose every call is a span, by OpenTelemetry's conventions for databases; what it asks lies below that. */
import { context, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { modelRevisionKey } from "@sightline/shared/ids";
import type { Store } from "../replica.ts";
import { aroundStore, isCallersMistake } from "../retrieval/around-store.ts";
import { fail } from "./fail.ts";

export const tracedStore = (store: Store, tracer: Tracer, kind: "qdrant" | "embedded"): Store =>
  aroundStore(store, async (operation, space, call) => {
    const name = modelRevisionKey(space);
    const span = tracer.startSpan(`${operation} ${name}`, {
      kind: kind === "qdrant" ? SpanKind.CLIENT : SpanKind.INTERNAL,
      attributes: {
        "db.system.name": kind === "qdrant" ? "qdrant" : "zvec",
        "db.operation.name": operation,
        "db.collection.name": name,
      },
    });
    try {
      return await context.with(trace.setSpan(context.active(), span), call);
    } catch (failure) {
      if (!isCallersMistake(failure)) fail(span, failure);
      throw failure;
    } finally {
      span.end();
    }
  });
