import { newTrace } from "@sightline/shared/trace-context";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SpanExporter } from "./exporter.ts";
import type { EndedSpan } from "./span.ts";

const span = (name: string): EndedSpan => ({
  context: newTrace(),
  parentSpanId: undefined,
  name,
  kind: "server",
  from: 1,
  to: 2,
  attributes: {},
  error: undefined,
});

let now: number;
let sent: { readonly url: string; readonly headers: Headers; readonly names: string[] }[];
/** What the receiver does with each call. */
let answer: () => Promise<Response>;
let warnings: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  now = 1_000_000;
  sent = [];
  answer = async () => new Response("{}");
  warnings = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => void vi.restoreAllMocks());

const exporter = (): SpanExporter =>
  new SpanExporter({
    endpoint: "https://otel.example/base/",
    headers: { "x-key": "secret" },
    ratio: 1,
    resource: { "service.name": "test" },
    now: () => now,
    fetch: (target, init) => {
      const request = new Request(target, init);
      const body: { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] } = JSON.parse(String(init?.body));
      const names = body.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans.map(({ name }) => name)));
      sent.push({ url: request.url, headers: request.headers, names });
      return answer();
    },
  });

describe("ended spans", () => {
  it("go to the receiver's path for traces, with the operator's headers", async () => {
    const spans = exporter();
    for (const name of ["a", "b"]) spans.add(span(name));
    await spans.flush();
    expect(sent).toMatchObject([{ url: "https://otel.example/base/v1/traces", names: ["a", "b"] }]);
    expect(sent[0]?.headers.get("x-key")).toBe("secret");
    expect(sent[0]?.headers.get("content-type")).toBe("application/json");
    await spans.flush();
    expect(sent).toHaveLength(1);
  });

  it("gather while a call is under way, and go with the next one", async () => {
    const spans = exporter();
    const { promise, resolve } = Promise.withResolvers<Response>();
    answer = () => promise;
    spans.add(span("first"));
    const first = spans.flush();
    for (const name of ["second", "third"]) {
      spans.add(span(name));
      await spans.flush();
    }
    expect(sent).toHaveLength(1);
    answer = async () => new Response("{}");
    resolve(new Response("{}"));
    await first;
    expect(sent.map(({ names }) => names)).toEqual([["first"], ["second", "third"]]);
  });

  it("are sent by another request if the one that was to send them has gone", async () => {
    const spans = exporter();
    answer = () => new Promise(() => undefined);
    spans.add(span("lost"));
    void spans.flush();
    expect(sent).toHaveLength(1);
    answer = async () => new Response("{}");
    spans.add(span("next"));
    now += 4999;
    await spans.flush();
    expect(sent).toHaveLength(1);
    now += 1;
    await spans.flush();
    expect(sent.at(-1)?.names).toEqual(["next"]);
  });
});

describe("a receiver that is away", () => {
  it.each([
    ["nothing listens", () => Promise.reject(new Error("Network connection lost"))],
    ["it refuses", async () => new Response("no", { status: 503 })],
  ])("because %s costs the spans of that call, one line, and five seconds without another", async (_, fails) => {
    const spans = exporter();
    answer = fails;
    spans.add(span("lost"));
    await spans.flush();
    spans.add(span("kept"));
    await spans.flush();
    expect(sent).toHaveLength(1);
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(warnings.mock.calls)).not.toContain("secret");
    now += 5000;
    answer = async () => new Response("{}");
    await spans.flush();
    expect(sent.at(-1)?.names).toEqual(["kept"]);
  });

  it("takes no more memory than a bounded number of spans", async () => {
    const spans = exporter();
    answer = () => Promise.reject(new Error("away"));
    for (let i = 0; i < 10_000; i++) {
      spans.add(span(`s${i}`));
      await spans.flush();
    }
    expect(spans.size).toBe(2048);
    expect(sent).toHaveLength(1);
  });
});
