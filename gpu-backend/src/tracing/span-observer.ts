/**
 * What the layers tell their observer, as spans of the calls' traces.
 *
 * A batch serves calls of many traces. Each of them gets `queue` and `inference` below its own span; the batch itself is one span
 * more, below the `inference` of the first of them, and linked with all (OpenTelemetry's way for batches): the others'
 * `inference` links to it.
 */
import { type Context, context, type Span, type Tracer, trace } from "@opentelemetry/api";
import type { End, Observer } from "../observer.ts";
import { fail } from "./fail.ts";

interface Waiting {
  readonly place: Context;
  readonly queueMs: number;
}

/** @param other is told everything too. @param now milliseconds since 1970. */
export function spanObserver(tracer: Tracer, other: Observer, now: () => number = Date.now): Observer {
  /** Where each recorded call stands in its trace. All work for it carries its signal. */
  const places = new WeakMap<AbortSignal, Context>();

  return {
    ...other,
    call(signal) {
      const place = context.active();
      if (trace.getSpan(place)?.isRecording()) places.set(signal, place);
      other.call(signal);
    },
    decode() {
      return both(other.decode(), endOf([tracer.startSpan("decode")]));
    },
    batch(start) {
      const { model, graph, provider, entries } = start;
      const told = other.batch(start);
      const waiting = longestWaits(
        entries.flatMap(({ call: { signal }, queueMs }) => {
          const place = places.get(signal);
          return place ? [{ place, queueMs }] : [];
        }),
      );
      if (waiting.length === 0) return told;
      const at = now();
      for (const { place, queueMs } of waiting) tracer.startSpan("queue", { startTime: at - queueMs }, place).end(at);
      const [first, ...others] = waiting.map(({ place }) => place);
      const attributes = { "sightline.model": model, "sightline.graph": graph };
      const leading = tracer.startSpan("inference", { attributes }, first);
      const batch = tracer.startSpan(
        "batch",
        {
          attributes: { ...attributes, "sightline.provider": provider, "sightline.batch.size": entries.length },
          links: waiting.flatMap(({ place }) => linkTo(trace.getSpan(place))),
        },
        trace.setSpan(first ?? context.active(), leading),
      );
      const following = others.map((place) =>
        tracer.startSpan("inference", { attributes, links: linkTo(batch) }, place),
      );
      return both(told, endOf([batch, leading, ...following]));
    },
  };
}

/** A call's entries wait side by side: one span of the longest. */
function longestWaits(waiting: readonly Waiting[]): readonly Waiting[] {
  const longest = new Map<Context, Waiting>();
  for (const one of waiting) if (one.queueMs >= (longest.get(one.place)?.queueMs ?? 0)) longest.set(one.place, one);
  return [...longest.values()];
}

const linkTo = (span: Span | undefined) => (span ? [{ context: span.spanContext() }] : []);

const both =
  (first: End, second: End): End =>
  (failure) => {
    first(failure);
    second(failure);
  };

const endOf =
  (spans: readonly Span[]): End =>
  (failure) => {
    for (const span of spans) {
      if (failure !== undefined) fail(span, failure);
      span.end();
    }
  };
