import { parseTraceparent } from "@sightline/shared/trace-context";
import { describe, expect, it } from "vitest";
import type { EndedSpan } from "./span.ts";
import { beginTrace } from "./trace.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = "00f067aa0ba902b7";
const SAMPLED = `00-${TRACE}-${CALLER}-01`;
const UNSAMPLED = `00-${TRACE}-${CALLER}-00`;

function recorder(ratio = 1) {
  const spans: EndedSpan[] = [];
  return { ratio, spans, add: (span: EndedSpan) => void spans.push(span) };
}

describe("the trace of a request", () => {
  it("goes on as the caller began it: our span below his, calls and phases below ours", () => {
    const to = recorder();
    let now = 1000;
    const trace = beginTrace(SAMPLED, to, () => now);
    now = 1005;
    const call = trace.call("POST /internal/v1/embed", { "sightline.origin": "eu" });
    trace.phase("cache", 1001, 1004);
    now = 1010;
    call.end({ done: true }, "silent");
    now = 1012;
    trace.end("POST /v1/embeddings", { "http.route": "/v1/embeddings" });
    const [phase, called, own] = to.spans;
    expect(own).toMatchObject({
      name: "POST /v1/embeddings",
      kind: "server",
      parentSpanId: CALLER,
      from: 1000,
      to: 1012,
    });
    expect(called).toMatchObject({
      name: "POST /internal/v1/embed",
      kind: "client",
      parentSpanId: own?.context.spanId,
      from: 1005,
      to: 1010,
      attributes: { "sightline.origin": "eu", done: true },
      error: "silent",
    });
    expect(phase).toMatchObject({ name: "cache", kind: "internal", parentSpanId: own?.context.spanId });
    expect(to.spans.every(({ context }) => context.traceId === TRACE && context.flags === "01")).toBe(true);
    // The callee's parent is the call.
    expect(parseTraceparent(call.traceparent)).toEqual(called?.context);
  });

  it("begins here where no caller has begun one, and is recorded by the ratio", () => {
    const all = recorder(1);
    const trace = beginTrace(undefined, all);
    trace.end("GET /v1/models", {});
    expect(all.spans).toMatchObject([{ parentSpanId: undefined, context: { traceId: trace.traceId, flags: "01" } }]);
    const none = recorder(0);
    const unrecorded = beginTrace("nonsense", none);
    unrecorded.end("GET /v1/models", {});
    expect(none.spans).toEqual([]);
    expect(parseTraceparent(unrecorded.call("x").traceparent)?.flags).toBe("00");
  });

  it.each([
    ["a caller does not want it", UNSAMPLED, recorder(1)],
    ["tracing is off", SAMPLED, undefined],
  ])("is not recorded where %s, and handed on as it came", (_, header, to) => {
    const trace = beginTrace(header, to);
    const call = trace.call("POST /internal/v1/embed");
    call.end();
    trace.phase("cache", 1, 5);
    trace.end("POST /v1/embeddings", {});
    expect(call.traceparent).toBe(header);
    expect(trace.traceId).toBe(TRACE);
    expect(to?.spans ?? []).toEqual([]);
  });

  it("is recorded from its beginning as soon as the caller, who wants it, is known", () => {
    const to = recorder(0);
    const trace = beginTrace(SAMPLED, to, () => 9);
    trace.phase("auth", 1, 5);
    expect(to.spans).toEqual([]);
    trace.callerIsKnown();
    trace.end("POST /v1/embeddings", {});
    expect(to.spans.map(({ name }) => name)).toEqual(["auth", "POST /v1/embeddings"]);
  });

  it.each([TRACE, "f".repeat(32)])("of a stranger is recorded by the ratio alone, whatever he wants (%s)", (id) => {
    for (const [ratio, spans] of [
      [2 ** -50, 0],
      [1, 2],
    ] as const) {
      const to = recorder(ratio);
      const trace = beginTrace(`00-${id}-${CALLER}-01`, to, () => 9);
      trace.phase("auth", 1, 5);
      trace.end("POST /v1/embeddings", {});
      expect(to.spans).toHaveLength(spans);
    }
  });

  it("leaves out phases that took no time that could be measured", () => {
    const to = recorder();
    beginTrace(SAMPLED, to).phase("cache", 7, 7);
    expect(to.spans).toEqual([]);
  });
});
