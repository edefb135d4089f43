import { describe, expect, it } from "vitest";
import { childOf, isSampled, newTrace, parseTraceparent, traceparent } from "./trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

describe("traceparent", () => {
  it.each([
    ["as the recommendation shows it", `00-${TRACE}-${PARENT}-01`],
    ["of a later version with more fields", `01-${TRACE}-${PARENT}-01-what-the-future-holds`],
  ])("is read %s", (_, header) => {
    expect(parseTraceparent(header)).toEqual({ traceId: TRACE, spanId: PARENT, flags: "01" });
  });

  it.each([
    ["nothing", undefined],
    ["no header at all", "hello"],
    ["the forbidden version", `ff-${TRACE}-${PARENT}-01`],
    ["a trace of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
    ["a parent of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["capitals", `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ["more fields than version 00 has", `00-${TRACE}-${PARENT}-01-more`],
    ["something after it", `00-${TRACE}-${PARENT}-01\n`],
  ])("is none for %s", (_, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it("is written as it was read", () => {
    for (const header of [`00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-00`]) {
      const read = parseTraceparent(header);
      expect(read && traceparent(read)).toBe(header);
    }
  });
});

describe("a place in a trace", () => {
  it("is new and unsampled where nobody has begun one", () => {
    const trace = newTrace();
    expect(parseTraceparent(traceparent(trace))).toEqual(trace);
    expect(isSampled(trace)).toBe(false);
    expect(newTrace().traceId).not.toBe(trace.traceId);
  });

  it("has places of their own below it, in the same trace", () => {
    const trace = newTrace();
    const children = [childOf(trace), childOf(trace)];
    expect(children.map(({ traceId, flags }) => ({ traceId, flags }))).toEqual(
      children.map(() => ({ traceId: trace.traceId, flags: "00" })),
    );
    expect(new Set([trace, ...children].map(({ spanId }) => spanId)).size).toBe(3);
  });

  it("takes its sampling from its parent unless it is decided there", () => {
    const parent = { traceId: TRACE, spanId: PARENT, flags: "03" };
    expect([childOf(parent).flags, childOf(parent, true).flags, childOf(parent, false).flags]).toEqual([
      "03",
      "01",
      "00",
    ]);
    expect([isSampled(parent), isSampled(childOf(parent, false))]).toEqual([true, false]);
  });
});
