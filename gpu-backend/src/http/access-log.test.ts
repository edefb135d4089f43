import { ApiError } from "@sightline/shared/errors";
import { Hono } from "hono";
import { beforeEach, describe, expect, it } from "vitest";
import { accessLog } from "./access-log.ts";
import { onError } from "./errors.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const headers = { "x-request-id": "req_12345678", traceparent: `00-${traceId}-00f067aa0ba902b7-01` };

let lines: { readonly level: "info" | "error"; readonly line: Record<string, unknown> }[];
let clockMs: number;
let app: Hono;
beforeEach(() => {
  lines = [];
  clockMs = 0;
  app = new Hono();
  const tell = (level: "info" | "error") => (line: unknown) =>
    void lines.push({ level, line: line as Record<string, unknown> });
  app.use(accessLog({ info: tell("info"), error: tell("error") }, () => clockMs));
  app.onError(onError);
  app.notFound((c) => onError(new ApiError("not_found"), c));
  app.get("/healthz", (c) => c.text("ok"));
  app.get("/readyz", (c) => c.text("not yet", 503));
  app.post("/internal/v1/embed", (c) => {
    c.set("asked", { tenant: "acme" as never, model: "m@1" });
    clockMs += 12.34;
    c.set("timings", { decodeMs: 1.26, queueMs: 0, inferenceMs: 9.99 });
    return c.text("done");
  });
  app.post("/internal/v1/fails", () => {
    throw new ApiError("internal_error", { cause: new Error("the reason") });
  });
});

describe("the log of the backend", () => {
  it("has one line for a signed call, with the request and trace that caused it", async () => {
    await app.request("/internal/v1/embed", { method: "POST", headers });
    expect(lines).toEqual([
      {
        level: "info",
        line: {
          request_id: "req_12345678",
          trace_id: traceId,
          method: "POST",
          route: "/internal/v1/embed",
          status: 200,
          code: undefined,
          tenant: "acme",
          model: "m@1",
          ms: { decode: 1.3, queue: 0, inference: 10, total: 12.3 },
        },
      },
    ]);
  });

  it("tells the cause of a failure of ours, in the same line", async () => {
    await app.request("/internal/v1/fails", { method: "POST", headers: { traceparent: "nonsense" } });
    expect(lines).toMatchObject([
      { level: "error", line: { status: 500, code: "internal_error", err: { message: "the reason" } } },
    ]);
    expect(lines[0]?.line.trace_id).toBeUndefined();
  });

  it("takes a caller who left for no failure", async () => {
    const gone = AbortSignal.abort();
    await app.request("/internal/v1/fails", { method: "POST", signal: gone });
    expect(lines).toMatchObject([{ level: "info", line: { status: 499, code: undefined } }]);
  });

  it("has none for probes, and names no path that nobody serves", async () => {
    await app.request("/healthz");
    await app.request("/readyz");
    await app.request("/internal/v1/hush-hush", { method: "POST" });
    expect(lines.map(({ line }) => [line.route, line.status])).toEqual([]);
  });
});
