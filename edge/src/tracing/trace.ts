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
  /** Whoever calls has shown who he is: if he wants his request recorded, it is. */
  callerIsKnown(): void;
  call(name: string, attributes?: Attributes): CallSpan;
  /** What the request itself was busy with, in milliseconds since 1970. */
  phase(name: string, from: number, to: number): void;
  /** The request is over; calls behind its answer may still end. */
  end(name: string, attributes: Attributes, error?: string): void;
}

/** Takes spans as they end. */
export interface Recorder {
  /** Of the traces that begin here, and of strangers'; one that a known caller has begun is recorded if he says so. */
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
  if (parent && !isSampled(parent)) return passingOn(place);
  // By an id of ours: a stranger would choose one that is chosen.
  const isDrawn = isChosen(parent ? newTrace().traceId : place.traceId, recorder.ratio);
  if (!parent) return isDrawn ? recording(childOf(place, true), undefined, recorder, now) : passingOn(place);
  return recording(childOf(parent), parent.spanId, isDrawn ? recorder : holdingBack(recorder), now);
}

interface SpanSink {
  add(span: EndedSpan): void;
  /** Absent where nothing waits for it. */
  release?(): void;
}

/** A stranger's spans go nowhere: whoever needs no key to call would fill the operator's receiver. */
function holdingBack(recorder: Recorder): SpanSink {
  const held: EndedSpan[] = [];
  let isReleased = false;
  return {
    add: (span) => (isReleased ? recorder.add(span) : void held.push(span)),
    release() {
      isReleased = true;
      for (const span of held.splice(0)) recorder.add(span);
    },
  };
}

function passingOn(place: TraceContext): Trace {
  const span: CallSpan = { traceparent: traceparent(place), end: () => undefined };
  const nothing = (): void => undefined;
  return { traceId: place.traceId, callerIsKnown: nothing, call: () => span, phase: nothing, end: nothing };
}

function recording(
  own: TraceContext,
  parentSpanId: string | undefined,
  { add, release }: SpanSink,
  now: () => number,
): Trace {
  const from = now();
  const below = { parentSpanId: own.spanId };
  return {
    traceId: own.traceId,
    callerIsKnown: () => release?.(),
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
