import { ApiError } from "@sightline/shared/errors";
import { Hono } from "hono";
import { expect, it } from "vitest";
import { onError } from "./errors.ts";

it("a failed call is logged with the request and the trace that caused it", async () => {
  const lines: unknown[] = [];
  const app = new Hono();
  app.onError(onError({ error: (line: unknown) => lines.push(line) }));
  app.post("/x", () => {
    throw new ApiError("internal_error");
  });
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = { "x-request-id": "req_12345678", traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  await app.request("/x", { method: "POST", headers });
  await app.request("/x", { method: "POST", headers: { traceparent: "nonsense" } });
  expect(lines).toMatchObject([{ request_id: "req_12345678", trace_id: traceId, code: "internal_error" }, {}]);
  expect(lines[1]).toMatchObject({ trace_id: undefined });
});
