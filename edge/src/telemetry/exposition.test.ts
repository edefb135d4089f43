import { describe, expect, it } from "vitest";
import { exposition } from "./exposition.ts";
import { BUCKETS } from "./metrics.ts";

const linesOf = (counts: Readonly<Record<string, string>>, name: string): string[] =>
  exposition(counts)
    .split("\n")
    .filter((line) => line.startsWith(name));

describe("the counts as Prometheus reads them", () => {
  it("have the help and type of each metric once, also of those without a count, and end with a line feed", () => {
    const text = exposition({});
    const types = text.split("\n").filter((line) => line.startsWith("# TYPE"));
    expect(types).toContain("# TYPE sightline_edge_requests_total counter");
    expect(types).toContain("# TYPE sightline_edge_request_duration_seconds histogram");
    expect(new Set(types).size).toBe(types.length);
    expect(text.split("\n").filter((line) => line.startsWith("# HELP"))).toHaveLength(types.length);
    expect(text.endsWith("\n")).toBe(true);
    expect(text).not.toMatch(/\n\n/);
  });

  it("have a line for each series", () => {
    const counts = {
      "requests|/v1/rank|200": "12",
      "requests|/v1/rank|429": "3",
      "backendCalls|eu-1|ok": "7",
    };
    expect(linesOf(counts, "sightline_edge_requests_total{")).toEqual([
      'sightline_edge_requests_total{route="/v1/rank",status="200"} 12',
      'sightline_edge_requests_total{route="/v1/rank",status="429"} 3',
    ]);
    expect(linesOf(counts, "sightline_edge_backend_calls_total{")).toEqual([
      'sightline_edge_backend_calls_total{origin="eu-1",outcome="ok"} 7',
    ]);
  });

  it("have cumulative buckets up to infinity, seconds and a count", () => {
    const counts = {
      "requestDuration|/a|le=0.001": "2",
      "requestDuration|/a|le=0.25": "3",
      "requestDuration|/a|le=+Inf": "1",
      "requestDuration|/a|ms": "12345",
    };
    const lines = linesOf(counts, "sightline_edge_request_duration_seconds");
    expect(lines).toHaveLength(BUCKETS.length + 3);
    expect(lines[0]).toBe('sightline_edge_request_duration_seconds_bucket{route="/a",le="0.001"} 2');
    expect(lines).toContain('sightline_edge_request_duration_seconds_bucket{route="/a",le="0.1"} 2');
    expect(lines.slice(-4)).toEqual([
      'sightline_edge_request_duration_seconds_bucket{route="/a",le="10"} 5',
      'sightline_edge_request_duration_seconds_bucket{route="/a",le="+Inf"} 6',
      'sightline_edge_request_duration_seconds_sum{route="/a"} 12.345',
      'sightline_edge_request_duration_seconds_count{route="/a"} 6',
    ]);
  });

  it("have what is special in a label escaped", () => {
    expect(linesOf({ 'breakerOpened|a"b\\c\nd': "1" }, "sightline_edge_breaker_opened_total{")).toEqual([
      'sightline_edge_breaker_opened_total{origin="a\\"b\\\\c\\nd"} 1',
    ]);
  });

  it.each([
    ["another version's metric", { "newMetric|a": "1" }],
    ["other labels", { "requests|/v1/rank": "1", "breakerOpened|a|b": "1" }],
    ["other buckets", { "requestDuration|/a|le=7": "1", "requestDuration|/a": "1", requestDuration: "1" }],
    ["what is no number", { "requests|/v1/rank|200": "many" }],
    ["names of JavaScript's own", { "toString|a": "1", "constructor|a|ms": "1" }],
  ])("leave out %s", (_, counts) => {
    expect(exposition(counts as unknown as Record<string, string>)).toBe(exposition({}));
  });
});
