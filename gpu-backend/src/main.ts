/**
 * The backend's process: listens at once (alive, not ready), loads models and store, serves, drains on SIGTERM. On SIGHUP
 * it reads the folders of models again and serves what they hold now.
 */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { pino, stdTimeFunctions } from "pino";
import { readConfig } from "./config.ts";
import { drainable } from "./drain.ts";
import { killSelf } from "./kill-self.ts";
import { createImageFetcher } from "./media/fetch-image.ts";
import { createIntake } from "./media/intake.ts";
import { Registry } from "./models/registry.ts";
import { Replica } from "./replica.ts";
import { observedStore } from "./retrieval/observed-store.ts";
import { openStore } from "./retrieval/open-store.ts";
import { createServer } from "./server.ts";
import { gpuMemoryReader } from "./telemetry/gpu-memory.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { versions } from "./telemetry/versions.ts";

// ONNX Runtime reports its use to Microsoft unless this is set when the first session's thread loads it (since 1.29, on Linux
// too: a database in the home folder and uploads).
process.env.ORT_DISABLE_TELEMETRY ??= "1";

/** Longer than anything in front of us keeps a connection at rest (cloudflared 90 s): who closes first loses no call. */
const KEEP_ALIVE_MS = 100_000;

const config = readConfig(process.env);
const log = pino({
  level: config.LOG_LEVEL,
  base: { service: "gpu-backend" },
  // As the edge writes them.
  formatters: { level: (level) => ({ level }) },
  timestamp: stdTimeFunctions.isoTime,
});
const now = () => performance.now();
const replica = new Replica();
const gpuMemory = gpuMemoryReader({ now });
const metrics = createMetrics({ replica, gpuMemory, now });
// A program of its own size, which nobody pays for who does not trace.
const tracing = config.OTEL_EXPORTER_OTLP_ENDPOINT
  ? (await import("./tracing/tracing.ts")).startTracing({
      version: versions.version,
      ratio: config.OTEL_TRACES_SAMPLER_ARG,
      log,
    })
  : undefined;
const observer = tracing?.observing(metrics.observer) ?? metrics.observer;
const registry = new Registry({
  modelsDirs: config.MODELS_DIR,
  wanted: config.MODELS,
  variants: config.MODEL_VARIANTS,
  engine: {
    providers: config.EXECUTION_PROVIDERS,
    threads: config.INFERENCE_THREADS,
    maxImageBatch: config.MAX_IMAGE_BATCH,
    maxTextBatch: config.MAX_TEXT_BATCH,
    maxPairBatch: config.MAX_PAIR_BATCH,
    maxQueue: config.MAX_QUEUE,
  },
  observer,
  onBroken: ({ model, graph, reason }) => {
    log.fatal({ model, graph, err: reason }, "the graph can do nothing any more: only a new process can help");
    void shutDown("a graph is broken", { code: 1 });
  },
  log,
  now,
});

const app = createServer({
  config,
  replica,
  intake: createIntake({
    fetchImage: createImageFetcher({ allowAddresses: config.FETCH_ALLOW_ADDRESSES }),
    decodeConcurrency: config.DECODE_CONCURRENCY,
    observer,
  }),
  observer,
  metrics,
  gpuMemory,
  tracing: tracing?.middleware,
  log,
  now,
});
const server = createHttpServer(
  { keepAliveTimeout: KEEP_ALIVE_MS },
  // Stands in for the host of a call that names none (HTTP/1.0): an address of IPv6 would be no part of a URL as it is.
  getRequestListener(app.fetch, { hostname: "localhost" }),
);
const drain = drainable(server);
// libuv reads it once, before we run; its default is 4.
const poolThreads = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
if (poolThreads <= config.DECODE_CONCURRENCY)
  log.warn(
    { poolThreads, decodeConcurrency: config.DECODE_CONCURRENCY },
    "UV_THREADPOOL_SIZE leaves no thread beside the decodes: start with DECODE_CONCURRENCY and 4 more",
  );
server.listen(config.PORT, config.HOST);
await once(server, "listening");
const { port } = server.address() as AddressInfo;
log.info({ host: config.HOST, port }, "listening");
// A parent that started us with a channel (the local stack) takes us with it when it dies.
process.once("disconnect", () => void shutDown("the parent has gone"));
// It may have gone while we were loading; without a parent's channel `connected` is undefined.
if (process.connected === false) void shutDown("the parent has gone");
process.once("SIGTERM", () => void shutDown("SIGTERM", { delayMs: config.DRAIN_DELAY_MS }));
process.once("SIGINT", () => void shutDown("SIGINT"));
process.on("SIGHUP", () => void reloadModels());

try {
  await start();
} catch (error) {
  log.fatal({ err: error }, "the start failed");
  process.exit(1);
}

async function start(): Promise<void> {
  const opened = await openStore(config, log, tracing?.outgoingHeaders);
  const store = observedStore(tracing?.traced(opened, config.VECTOR_STORE) ?? opened, observer);
  await loadModels();
  replica.serve(registry, store);
  log.info({ models: [...registry.models.keys()], startMs: Math.round(now()) }, "serving");
  process.send?.({ ready: { port } });
}

async function loadModels(): Promise<void> {
  await registry.reload();
  for (const { id, reason } of registry.refused) log.error({ model: id, reason }, "model refused");
}

/** What goes on is served as before, whatever happens here. */
async function reloadModels(): Promise<void> {
  if (replica.phase === "draining") return;
  try {
    await loadModels();
    log.info({ models: [...registry.models.keys()] }, "models reloaded");
  } catch (error) {
    log.error({ err: error }, "the models could not be reloaded");
  }
}

/** Not ready → no new connections → work in progress ends → models and store close → exit. */
async function shutDown(reason: string, { delayMs = 0, code = 0 } = {}): Promise<void> {
  if (replica.phase === "draining") return;
  replica.phase = "draining";
  log.info({ reason, delayMs }, "draining");
  setTimeout(() => {
    log.error("work in progress outlived the grace period");
    killSelf();
  }, delayMs + config.SHUTDOWN_GRACE_MS).unref();
  await drain(delayMs);
  await replica.registry?.close();
  if (replica.registry) await replica.store.close();
  await tracing?.shutDown();
  log.info("stopped");
  process.exit(code);
}
