/**
 * A request's part of its trace. Where nobody records it, the caller's place is passed on as it is: whoever records behind
 * us then hangs his spans below the caller's, not below one that nobody has seen (Trace Context §3.4 allows it).
 */
import {
  childOf,
  isSampled,
  newTrace,
  parseTraceparent,
  type TraceContext,
  traceparent,
} from "@sightline/shared/trace-context";
import { isChosen } from "./sampling.ts";
import type { Attributes, EndedSpan } from "./span.ts";

/** A call to somebody else. */
interface CallSpan {
  /** For the callee. */
  readonly traceparent: string;
  /** Once. @param error a name of what went wrong, of few. */
  end(attributes?: Attributes, error?: string): void;
}

export interface Trace {
  readonly traceId: string;
  call(name: string, attributes?: Attributes): CallSpan;
  /** What the request itself was busy with, in milliseconds since 1970. */
  phase(name: string, from: number, to: number): void;
  /** The request is over; calls behind its answer may still end. */
  end(name: string, attributes: Attributes, error?: string): void;
}

/** Takes spans as they end. */
export interface Recorder {
  /** Of the traces that begin here; one that a caller has begun is recorded if he says so. */
  readonly ratio: number;
  add(span: EndedSpan): void;
}

/** @param header the caller's `traceparent`. @param recorder none where tracing is off. */
export function beginTrace(
  header: string | undefined,
  recorder: Recorder | undefined,
  now: () => number = Date.now,
): Trace {
  const parent = parseTraceparent(header);
  const place = parent ?? newTrace();
  if (!recorder) return passingOn(place);
  const isRecorded = parent ? isSampled(parent) : isChosen(place.traceId, recorder.ratio);
  if (!isRecorded) return passingOn(place);
  return recording(parent ? childOf(parent) : childOf(place, true), parent?.spanId, recorder, now);
}

function passingOn(place: TraceContext): Trace {
  const span: CallSpan = { traceparent: traceparent(place), end: () => undefined };
  return { traceId: place.traceId, call: () => span, phase: () => undefined, end: () => undefined };
}

function recording(own: TraceContext, parentSpanId: string | undefined, { add }: Recorder, now: () => number): Trace {
  const from = now();
  const below = { parentSpanId: own.spanId };
  return {
    traceId: own.traceId,
    call(name, known = {}) {
      const context = childOf(own);
      const began = now();
      return {
        traceparent: traceparent(context),
        end(learnt = {}, error = undefined) {
          const attributes = { ...known, ...learnt };
          add({ ...below, context, name, kind: "client", from: began, to: now(), attributes, error });
        },
      };
    },
    phase(name, began, to) {
      // The platform's clock stands still while nothing is waited for: a look into memory takes no time.
      if (to > began)
        add({
          ...below,
          context: childOf(own),
          name,
          kind: "internal",
          from: began,
          to,
          attributes: {},
          error: undefined,
        });
    },
    end(name, attributes, error) {
      add({ context: own, parentSpanId, name, kind: "server", from, to: now(), attributes, error });
    },
  };
}
