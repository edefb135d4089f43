import { describe, expect, it } from "vitest";
import { parseTraceparent, traceFrom, traceparent } from "./trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

describe("traceparent", () => {
  it.each([
    ["as the recommendation shows it", `00-${TRACE}-${PARENT}-01`],
    ["of a later version with more fields", `01-${TRACE}-${PARENT}-01-what-the-future-holds`],
  ])("is taken over %s", (_, header) => {
    expect(traceFrom(header)).toEqual({ traceId: TRACE, flags: "01" });
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
  ])("is begun anew for %s", (_, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
    expect(traceFrom(header)).toEqual({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), flags: "00" });
  });

  it("names a new parent in each outgoing call of one trace", () => {
    const trace = traceFrom(undefined);
    const headers = [traceparent(trace), traceparent(trace)];
    expect(headers.map(parseTraceparent)).toEqual([trace, trace]);
    expect(headers[0]).not.toBe(headers[1]);
  });
});
