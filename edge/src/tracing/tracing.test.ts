/** One trace from a caller over the worker, a real backend and its batch to Qdrant, as a receiver of OTLP gets it. */

import { createExecutionContext } from "cloudflare:test";
import { newTrace } from "@sightline/shared/trace-context";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../app.ts";
import { call, env, post, put, setMode, type TestEnv } from "../testing/client.ts";

interface Span {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code?: number };
}
const [INTERNAL, SERVER, CLIENT] = [1, 2, 3];

const otlp = String(env.OTLP_URL);
/** Traced, with Qdrant. The backend behind it exports too. */
const traced = (changes: Partial<Record<keyof TestEnv | "OTEL_TRACES_SAMPLER_ARG", unknown>> = {}): TestEnv =>
  ({
    ...env,
    BACKEND_URL: env.QDRANT_BACKEND_URL,
    QDRANT_URL: env.SWITCHED_QDRANT_URL,
    QDRANT_API_KEY: env.QDRANT_READ_KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp,
    OTEL_TRACES_SAMPLER_ARG: "0",
    ...changes,
  }) as TestEnv;

const CALLER = "00f067aa0ba902b7";
let traceId: string;
beforeEach(() => {
  ({ traceId } = newTrace());
});
const sampled = () => ({ traceparent: `00-${traceId}-${CALLER}-01` });
const json = async (url: string) => (await fetch(url)).json();
const spansOf = async (trace: string): Promise<Span[]> =>
  ((await json(`${otlp}/spans`)) as Span[]).filter((span) => span.traceId === trace);

/** The backend gathers its spans for some seconds. */
const PATIENCE = { timeout: 20_000, interval: 200 };

async function whenThere(trace: string, names: readonly string[]): Promise<Span[]> {
  await vi.waitFor(
    async () => expect((await spansOf(trace)).map(({ name }) => name)).toEqual(expect.arrayContaining([...names])),
    PATIENCE,
  );
  return spansOf(trace);
}

/** @returns the one span of this name. */
function named(spans: readonly Span[], name: string, service?: string): Span {
  const found = spans.filter((span) => span.name === name && (service === undefined || span.service === service));
  expect(found, name).toHaveLength(1);
  return found[0]!;
}

afterEach(async () => expect(await json(`${otlp}/faults`)).toEqual([]));

describe("a request whose caller records it", () => {
  it("is one trace over worker, backend and batch, each span below the one that caused it", async () => {
    const input = [crypto.randomUUID(), crypto.randomUUID()];
    expect((await post("/v1/embeddings", { input }, { env: traced(), headers: sampled() })).status).toBe(200);
    const spans = await whenThere(traceId, ["POST /v1/embeddings", "batch"]);

    const request = named(spans, "POST /v1/embeddings");
    expect(request).toMatchObject({ service: "sightline-edge", kind: SERVER, parentSpanId: CALLER });
    expect(request.attributes).toMatchObject({
      "http.route": "/v1/embeddings",
      "http.response.status_code": 200,
      "sightline.tenant": "acme",
      "sightline.cache.miss": 2,
    });
    const asked = named(spans, "POST /internal/v1/embed", "sightline-edge");
    expect(asked).toMatchObject({ kind: CLIENT, parentSpanId: request.spanId });
    expect(asked.attributes).toMatchObject({ "sightline.origin": "default" });
    const served = named(spans, "POST /internal/v1/embed", "sightline-backend");
    expect(served).toMatchObject({ kind: SERVER, parentSpanId: asked.spanId });
    expect(served.attributes).toMatchObject({ "sightline.tenant": "acme", "http.response.status_code": 200 });
    for (const name of ["queue", "inference"]) {
      expect(named(spans, name)).toMatchObject({ kind: INTERNAL, parentSpanId: served.spanId });
    }
    const batch = named(spans, "batch");
    expect(batch.parentSpanId).toBe(named(spans, "inference").spanId);
    expect(batch.links).toEqual([expect.objectContaining({ traceId, spanId: served.spanId })]);
    expect(batch.attributes).toMatchObject({ "sightline.graph": "text", "sightline.provider": "cpu" });
    for (const span of spans)
      expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    const own = new Set(spans.map(({ spanId }) => spanId));
    for (const { parentSpanId } of spans) expect(parentSpanId === CALLER || own.has(parentSpanId ?? "")).toBe(true);
  });

  it("goes on to Qdrant, from the backend that writes and from the worker that searches", async () => {
    const path = `/v1/collections/c-${crypto.randomUUID().slice(0, 8)}`;
    await put(path, {}, { env: traced() });
    const items = { items: [{ id: "a", text: crypto.randomUUID() }] };
    expect((await put(`${path}/items`, items, { env: traced(), headers: sampled() })).body.failed).toBe(0);
    const search = { query: crypto.randomUUID() };
    expect((await post(`${path}/search`, search, { env: traced(), headers: sampled() })).status).toBe(200);

    const isUpsert = ({ name }: Span): boolean => name.startsWith("upsert ");
    await vi.waitFor(async () => expect((await spansOf(traceId)).some(isUpsert)).toBe(true), PATIENCE);
    const spans = await spansOf(traceId);
    const upsert = spans.find(isUpsert)!;
    expect(upsert).toMatchObject({ service: "sightline-backend", kind: CLIENT });
    expect(upsert.parentSpanId).toBe(named(spans, "POST /internal/v1/items", "sightline-backend").spanId);
    const found = spans.find(({ name }) => name.startsWith("search "))!;
    expect(found).toMatchObject({ service: "sightline-edge", kind: CLIENT });
    expect(found.parentSpanId).toBe(named(spans, "POST /v1/collections/:name/search").spanId);
    expect(found.attributes).toMatchObject({ "db.system.name": "qdrant", "db.operation.name": "search" });

    const asked = (await json(`${env.SWITCHED_QDRANT_URL}/asked`)) as { path: string; traceparent: string }[];
    const parentsAt = (end: RegExp) =>
      asked.filter(({ path: at }) => end.test(at)).map(({ traceparent }) => traceparent);
    expect(parentsAt(/\/points\/query/)).toContain(`00-${traceId}-${found.spanId}-01`);
    expect(parentsAt(/\/points\?|\/points$/)).toContain(`00-${traceId}-${upsert.spanId}-01`);
  });

  // Whether calls meet in a batch is up to the machine: on a busy one they may come one by one.
  it("shares its batch with others, which are linked to it", { retry: 4 }, async () => {
    const others = Array.from({ length: 12 }, () => newTrace().traceId);
    const from = traced();
    await post("/v1/embeddings", { input: "warm" }, { env: from });
    await Promise.all(
      others.map((id) =>
        post(
          "/v1/embeddings",
          { input: crypto.randomUUID() },
          { env: from, headers: { traceparent: `00-${id}-${CALLER}-01` } },
        ),
      ),
    );
    const all = (await Promise.all(others.map((id) => whenThere(id, ["inference"])))).flat();
    const batches = all.filter(({ name }) => name === "batch");
    // Each call's own span is linked from exactly one batch, wherever that batch lies.
    const served = all.filter(
      ({ name, service }) => name === "POST /internal/v1/embed" && service === "sightline-backend",
    );
    const linked = batches.flatMap(({ links }) => links.map(({ spanId }) => spanId));
    expect(linked.sort()).toEqual(served.map(({ spanId }) => spanId).sort());
    const shared = batches.filter(({ links }) => links.length > 1);
    expect(shared.length).toBeGreaterThan(0);
    for (const batch of shared) {
      const followers = all.filter(
        ({ name, links }) => name === "inference" && links.some(({ spanId }) => spanId === batch.spanId),
      );
      expect(followers).toHaveLength(batch.links.length - 1);
    }
  });

  it("names what went wrong, in the call that failed and in itself", async () => {
    const from = traced({ BACKEND_URL: "http://127.0.0.1:1" });
    await post("/v1/embeddings", { input: crypto.randomUUID() }, { env: from, headers: sampled() });
    const spans = await spansOf(traceId);
    const failed = spans.filter(({ kind }) => kind === CLIENT);
    expect(failed.length).toBeGreaterThan(0);
    for (const { attributes, status } of failed) {
      expect([attributes["error.type"], status?.code]).toEqual(["unreachable", 2]);
    }
    expect(named(spans, "POST /v1/embeddings").attributes["error.type"]).toBe("backend_unavailable");
  });

  it("is exported without a key, a text or a name that the caller gave", async () => {
    const secret = `hush-${crypto.randomUUID().slice(0, 8)}`;
    const path = `/v1/collections/${secret}`;
    const with_ = { env: traced(), headers: sampled() };
    await put(path, { description: secret }, with_);
    await put(`${path}/items`, { items: [{ id: secret, text: secret, metadata: { secret } }] }, with_);
    await post(`${path}/search?${secret}`, { query: secret }, with_);
    await call("GET", `${path}/items/${secret}`, with_);
    const spans = await whenThere(traceId, ["batch", "GET /v1/collections/:name/items/:id"]);
    const text = JSON.stringify(spans);
    for (const hidden of ["hush-", env.TEST_KEYS.full, env.TEST_KEYS.full.split("_").at(-1)!]) {
      expect(text).not.toContain(hidden);
    }
  });
});

describe("nothing is exported", () => {
  const exported = async (): Promise<number> => ((await json(`${otlp}/spans`)) as Span[]).filter(mine).length;
  const mine = ({ attributes }: Span) => attributes["sightline.tenant"] === "rival";
  const ask = (from: TestEnv, headers: Readonly<Record<string, string>> = {}) =>
    post("/v1/embeddings", { input: crypto.randomUUID() }, { key: "other", env: from, headers });

  it("of a trace that its caller does not record, or that the ratio leaves out", async () => {
    await ask(traced({ OTEL_TRACES_SAMPLER_ARG: "1" }), { traceparent: `00-${traceId}-${CALLER}-00` });
    await ask(traced());
    expect(await exported()).toBe(0);
    // The same call is seen where it is wanted.
    await ask(traced({ OTEL_TRACES_SAMPLER_ARG: "1" }));
    expect(await exported()).toBeGreaterThan(0);
  });

  it("of a stranger's request because he wants it: callers are known by a key or the operator's token", async () => {
    const strange = { env: traced(), headers: sampled() };
    await call("GET", "/healthz", strange);
    await call("GET", "/v1/models", { ...strange, key: null });
    await call("GET", "/admin/v1/tenants", strange);
    expect(await spansOf(traceId)).toEqual([]);
    await call("GET", "/v1/models", strange);
    const authorization = `Bearer ${env.ADMIN_TOKEN}`;
    await call("GET", "/admin/v1/tenants", { ...strange, headers: { ...sampled(), authorization } });
    const routes = (await spansOf(traceId)).map(({ name }) => name);
    expect(routes).toEqual(expect.arrayContaining(["GET /v1/models", "GET /admin/v1/tenants"]));
  });

  it("by a worker that is told of no receiver; the backend's spans are then the caller's", async () => {
    const { OTEL_EXPORTER_OTLP_ENDPOINT: _, ...off } = traced();
    await ask(off as unknown as TestEnv, sampled());
    const spans = await whenThere(traceId, ["POST /internal/v1/embed"]);
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(["sightline-backend"]));
    expect(named(spans, "POST /internal/v1/embed").parentSpanId).toBe(CALLER);
  });
});

describe("a receiver that is away", () => {
  afterEach(() => setMode(otlp, "up"));

  it("is waited for by no answer", async () => {
    const real = globalThis.fetch;
    const exporting = vi.spyOn(globalThis, "fetch").mockImplementation((target, init) => {
      const url = String(target instanceof Request ? target.url : target);
      return url.startsWith(otlp) ? new Promise(() => undefined) : real(target, init);
    });
    const request = new Request("https://api.test/healthz");
    const all = traced({ OTEL_TRACES_SAMPLER_ARG: "1" });
    const response = await createApp().app.fetch(request, all, createExecutionContext());
    expect(response.status).toBe(200);
    expect(exporting.mock.calls.filter(([target]) => String(target).startsWith(otlp))).toHaveLength(1);
    vi.restoreAllMocks();
  });

  it.each(["hang", "refuse", "down"])("costs no request anything (%s)", async (mode) => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    if (mode !== "down") await setMode(otlp, mode);
    const from = traced(mode === "down" ? { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" } : {});
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await post("/v1/models/none", {}, { env: from, headers: sampled() });
      expect([status, headers.get("x-request-id")]).toEqual([404, expect.any(String)]);
    }
    vi.restoreAllMocks();
  });
});
