/** The metrics of a real backend after real calls, read strictly. */
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadRegistry } from "../models/registry.ts";
import { Replica } from "../replica.ts";
import { killBackends, startBackend } from "../testing/backend-process.ts";
import { type Exposition, readExposition } from "../testing/exposition.ts";
import { registryOptions } from "../testing/registry-options.ts";
import { type Reply, signedClient } from "../testing/signed-client.ts";
import { TINY, writeTinyModel } from "../testing/tiny-model.ts";
import { writeTinyOfa } from "../testing/tiny-ofa-folder.ts";
import { createMetrics } from "./metrics.ts";

type Backend = Awaited<ReturnType<typeof startBackend>>;

const dual = { id: "dual", revision: "1" };
const judge = { id: "judge", revision: "1" };
const DUAL = "dual@1";
const EMBED = "/internal/v1/embed";

let dir: string;
let red: Uint8Array;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "metrics-"));
  red = await sharp({ create: { width: 40, height: 40, channels: 3, background: "red" } })
    .png()
    .toBuffer();
});
afterAll(async () => {
  await killBackends();
  await rm(dir, { recursive: true });
});

async function scrape({ url }: Backend): Promise<Exposition> {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  return readExposition(await response.text());
}

const text = (words: string) => ({ kind: "text", text: words });
const image = (bytes: Uint8Array) => ({ kind: "image", bytes });
const embed = (call: Backend["call"], inputs: readonly unknown[]): Promise<Reply> =>
  call(EMBED, { model: dual, lane: "interactive", inputs });

describe("a backend that has worked", () => {
  let backend: Backend;
  let slow: Server;
  let slowUrl: string;

  beforeAll(async () => {
    const models = join(dir, "models");
    await Promise.all([
      writeTinyModel(models, "dual"),
      writeTinyModel(models, "dual@2"),
      writeTinyOfa(models, "judge"),
      writeTinyModel(models, "broken"),
    ]);
    await rm(join(models, "broken", "text.onnx"));
    const tools = join(dir, "tools");
    await writeTool(tools, "nvidia-smi", "printf '0, 1024, 81920\\n1, [N/A], [N/A]\\n'");
    slow = createServer(() => {}).listen(0, "127.0.0.1");
    await once(slow, "listening");
    slowUrl = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    backend = await startBackend({
      MODELS_DIR: models,
      DATA_DIR: join(dir, "vectors"),
      FETCH_ALLOW_ADDRESSES: "127.0.0.1/32",
      PATH: `${tools}:${process.env.PATH}`,
    });
  });
  afterAll(() => {
    slow.closeAllConnections();
    slow.close();
  });

  it("exposes every metric of the catalogue, and Node's own", async () => {
    const { types } = await scrape(backend);
    expect(Object.fromEntries([...types].filter(([name]) => name.startsWith("sightline_")))).toEqual({
      sightline_http_requests_total: "counter",
      sightline_http_request_duration_seconds: "histogram",
      sightline_http_requests_in_flight: "gauge",
      sightline_queue_depth: "gauge",
      sightline_queue_entries: "gauge",
      sightline_queue_capacity: "gauge",
      sightline_queue_wait_seconds: "histogram",
      sightline_batch_size: "histogram",
      sightline_inference_duration_seconds: "histogram",
      sightline_inference_failures_total: "counter",
      sightline_decode_duration_seconds: "histogram",
      sightline_inputs_total: "counter",
      sightline_texts_truncated_total: "counter",
      sightline_shed_total: "counter",
      sightline_cancelled_total: "counter",
      sightline_store_duration_seconds: "histogram",
      sightline_model_loaded: "gauge",
      sightline_model_loads_total: "counter",
      sightline_model_load_duration_seconds: "gauge",
      sightline_ready: "gauge",
      sightline_session_restarts_total: "counter",
      sightline_gpu_memory_used_bytes: "gauge",
      sightline_gpu_memory_total_bytes: "gauge",
      sightline_build_info: "gauge",
    });
    expect(types.get("process_resident_memory_bytes")).toBe("gauge");
    expect(types.get("nodejs_eventloop_lag_seconds")).toBe("gauge");
  });

  it("counts inputs by what became of them, and each in exactly one batch", async () => {
    const tooLong = "word ".repeat(TINY.contextLength);
    const inputs = [text("one"), text("two"), text(tooLong), image(red), image(red), image(red.subarray(0, 60))];
    expect((await embed(backend.call, inputs)).status).toBe(200);
    const pair = { image: 0, hypothesis: "it is red" };
    await backend.call("/internal/v1/entail", {
      model: judge,
      lane: "bulk",
      images: [image(red)],
      pairs: [pair, pair, { image: 0, hypothesis: "  " }],
    });
    const m = await scrape(backend);
    const became = (model: string, kind: string) =>
      ["ok", "refused", "failed"].map((outcome) => m.sum("sightline_inputs_total", { model, kind, outcome }));
    expect(became(DUAL, "text")).toEqual([3, 0, 0]);
    expect(became(DUAL, "image")).toEqual([2, 1, 0]);
    expect(became("judge@1", "pair")).toEqual([2, 1, 0]);
    expect(m.sum("sightline_texts_truncated_total", { model: DUAL })).toBe(1);
    for (const [model, graph, entries] of [
      [DUAL, "text", 3],
      [DUAL, "image", 2],
      ["judge@1", "pair", 2],
    ] as const) {
      expect(m.sum("sightline_batch_size_sum", { model, graph })).toBe(entries);
      expect(m.sum("sightline_queue_wait_seconds_count", { model, graph })).toBe(entries);
      const batches = m.sum("sightline_batch_size_count", { model, graph });
      expect(m.sum("sightline_inference_duration_seconds_count", { model, graph, provider: "cpu" })).toBe(batches);
    }
    expect(m.sum("sightline_inference_failures_total")).toBe(0);
    // Three pictures to embed, the refused one too; one for all pairs.
    expect(m.sum("sightline_decode_duration_seconds_count")).toBe(4);
  });

  it("names requests by their route's pattern and tells a caller who left from a failure", async () => {
    const before = await scrape(backend);
    const gone = new AbortController();
    const leaving = signedClient((request) => fetch(request, { signal: gone.signal }), backend.url);
    const asked = once(slow, "request");
    const left = embed(leaving, [{ kind: "image_url", url: slowUrl }]);
    await asked;
    gone.abort();
    await expect(left).rejects.toThrow("aborted");
    await fetch(`${backend.url}/whatever/${"x".repeat(40)}`);
    await fetch(backend.url + EMBED, { method: "POST", body: "unsigned" });

    const requests = (m: Exposition, route: string, status: string) =>
      m.sum("sightline_http_requests_total", { route, status });
    await expect.poll(async () => requests(await scrape(backend), EMBED, "499"), { timeout: 20_000 }).toBe(1);
    const m = await scrape(backend);
    expect(requests(m, EMBED, "200")).toBe(1);
    expect(requests(m, EMBED, "401")).toBe(1);
    expect(requests(m, EMBED, "500")).toBe(0);
    expect(requests(m, "none", "404")).toBe(1);
    expect(m.sum("sightline_http_request_duration_seconds_count", { route: EMBED })).toBe(3);
    expect(m.sum("sightline_cancelled_total") - before.sum("sightline_cancelled_total")).toBe(1);
    // The scrape itself.
    expect(m.sum("sightline_http_requests_in_flight")).toBe(1);
  });

  it("times the vector store's calls by operation", async () => {
    const items = [{ id: "a", metadata: {}, source: text("kept") }];
    await backend.call("/internal/v1/items", { model: dual, collection: "c", pictures: false, items });
    const space = { ...dual, dims: TINY.dims };
    await backend.call("/internal/v1/store", { op: "count", space, collection: "c" });
    await backend.call("/internal/v1/store", { op: "count", space, collection: "c" });
    // A caller's mistake is no failure of the store.
    const scroll = { op: "scroll", space, collection: "c", limit: 1, cursor: "made up" };
    expect((await backend.call("/internal/v1/store", scroll)).status).toBe(400);
    const m = await scrape(backend);
    const calls = (labels: Record<string, string>) => m.sum("sightline_store_duration_seconds_count", labels);
    expect(["ensure", "upsert", "count", "scroll"].map((operation) => calls({ operation, outcome: "ok" }))).toEqual([
      1, 1, 2, 1,
    ]);
    expect(calls({ outcome: "error" })).toBe(0);
  });

  it("shows what it serves and what it refused, and no longer what was unloaded", async () => {
    const before = await scrape(backend);
    const loaded = { family: "clip", provider: "cpu" };
    for (const model of [DUAL, "dual@2"])
      for (const graph of ["image", "text"])
        expect(before.sum("sightline_model_loaded", { model, graph, ...loaded })).toBe(1);
    expect(before.sum("sightline_model_loaded", { model: "judge@1", graph: "pair", family: "ofa" })).toBe(1);
    expect(before.sum("sightline_model_loads_total", { outcome: "loaded" })).toBe(3);
    expect(before.has("sightline_inference_failures_total", { model: "judge@1", graph: "pair" })).toBe(true);
    expect(before.sum("sightline_model_loads_total", { model: "broken", outcome: "refused" })).toBe(1);
    expect(before.sum("sightline_queue_capacity", { model: DUAL, graph: "text", lane: "bulk" })).toBe(4096);
    expect(before.sum("sightline_queue_depth")).toBe(0);
    expect(before.sum("sightline_ready")).toBe(1);

    await rm(join(dir, "models", "dual@2"), { recursive: true });
    backend.child.kill("SIGHUP");
    await expect
      .poll(async () => (await scrape(backend)).has("sightline_model_loaded", { model: "dual@2" }), { timeout: 20_000 })
      .toBe(false);
    const after = await scrape(backend);
    const gauges = ["sightline_queue_entries", "sightline_queue_capacity", "sightline_model_load_duration_seconds"];
    for (const gauge of gauges) {
      expect(before.has(gauge, { model: "dual@2" })).toBe(true);
      expect(after.has(gauge, { model: "dual@2" })).toBe(false);
      expect(after.has(gauge, { model: DUAL })).toBe(true);
    }
  });

  it("tells of the GPUs that nvidia-smi knows, and what runs", async () => {
    const m = await scrape(backend);
    expect(m.sum("sightline_gpu_memory_used_bytes", { device: "0" })).toBe(2 ** 30);
    expect(m.sum("sightline_gpu_memory_total_bytes", { device: "0" })).toBe(80 * 2 ** 30);
    expect(m.has("sightline_gpu_memory_used_bytes", { device: "1" })).toBe(false);
    expect(m.sum("sightline_build_info", { node: process.versions.node })).toBe(1);
    const readiness = await (await fetch(`${backend.url}/readyz`)).json();
    expect(readiness).toMatchObject({
      memory: { gpus: [{ device: "0", used_bytes: 2 ** 30, total_bytes: 80 * 2 ** 30 }] },
    });
  });
});

it("a backend with a full queue and no vector store counts what it sheds and what failed, and goes on embedding", async () => {
  const models = join(dir, "of one");
  await writeTinyModel(models, "dual");
  const backend = await startBackend({
    MODELS_DIR: models,
    MAX_QUEUE: "1",
    VECTOR_STORE: "qdrant",
    QDRANT_URL: "http://127.0.0.1:1",
  });
  const { body } = await embed(backend.call, [text("one"), text("two"), text("three")]);
  expect(body.results.map((r: { status: string }) => r.status)).toEqual(["ok", "failed", "failed"]);
  const items = [{ id: "a", metadata: {}, source: text("kept") }];
  const stored = await backend.call("/internal/v1/items", { model: dual, collection: "c", pictures: false, items });
  expect(stored.status).toBe(503);

  const m = await scrape(backend);
  expect(m.sum("sightline_shed_total", { reason: "queue_full" })).toBe(2);
  expect(m.sum("sightline_shed_total")).toBe(2);
  expect(m.sum("sightline_inputs_total", { model: DUAL, kind: "text", outcome: "failed" })).toBe(2);
  expect(m.sum("sightline_store_duration_seconds_count", { operation: "ensure", outcome: "error" })).toBe(1);
  expect(m.sum("sightline_ready")).toBe(1);
  const readiness = await fetch(`${backend.url}/readyz`);
  expect(readiness.status).toBe(200);
  expect(await readiness.json()).toMatchObject({
    status: "degraded",
    components: { models: { status: "ok" }, store: { status: "down" } },
  });
});

it("counts a session worker that died and was replaced, and batches that failed", async () => {
  const models = join(dir, "mortal");
  await writeTinyModel(models, "dual");
  const replica = new Replica();
  const metrics = createMetrics({ replica, gpuMemory: async () => [], now: () => performance.now() });
  const workers: Worker[] = [];
  const note = (worker: Worker) => workers.push(worker);
  process.on("worker", note);
  const registry = await loadRegistry({ ...registryOptions(models), observer: metrics.observer });
  process.off("worker", note);
  const read = async () => readExposition((await metrics.expose()).text);
  try {
    expect((await read()).sum("sightline_session_restarts_total")).toBe(0);
    await workers[0]!.terminate();
    await expect.poll(async () => (await read()).sum("sightline_session_restarts_total"), { timeout: 20_000 }).toBe(1);

    metrics.observer.batch({ model: DUAL, graph: "text", provider: "cpu", entries: [] })(new Error("out of memory"));
    expect((await read()).sum("sightline_inference_failures_total", { model: DUAL, graph: "text" })).toBe(1);
  } finally {
    await registry.close();
  }
});

async function writeTool(folder: string, name: string, script: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
}
