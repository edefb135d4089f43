/** A span for each signed call, below the edge's: its name and attributes by OpenTelemetry's conventions for HTTP. */
import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  type TextMapGetter,
  type TextMapPropagator,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Context as Call, MiddlewareHandler } from "hono";
import { routeOf } from "../http/route-of.ts";
import { fail } from "./fail.ts";

const headers: TextMapGetter<Call> = {
  get: (call, name) => call.req.header(name),
  keys: (call) => Object.keys(call.req.header()),
};

export function serverSpans(tracer: Tracer, propagator: TextMapPropagator): MiddlewareHandler {
  return async (c, next) => {
    const span = tracer.startSpan(
      c.req.method,
      { kind: SpanKind.SERVER, attributes: { "http.request.method": c.req.method, "url.scheme": "http" } },
      propagator.extract(ROOT_CONTEXT, c, headers),
    );
    try {
      await context.with(trace.setSpan(ROOT_CONTEXT, span), next);
    } finally {
      const route = routeOf(c);
      const { tenant, model } = c.var.asked ?? {};
      span.updateName(`${c.req.method} ${route}`);
      span.setAttributes({
        "http.route": route,
        "http.response.status_code": c.res.status,
        ...(tenant !== undefined && { "sightline.tenant": tenant }),
        ...(model !== undefined && { "sightline.model": model }),
      });
      if (c.res.status >= 500) fail(span, c.error);
      span.end();
    }
  };
}
