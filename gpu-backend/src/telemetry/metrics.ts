/** The backend's metrics, all of them: docs/telemetry.md lists their names. */
import type { MiddlewareHandler } from "hono";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Observer } from "../observer.ts";
import type { Replica } from "../replica.ts";
import type { ReadGpuMemory } from "./gpu-memory.ts";
import { httpMetrics } from "./http-metrics.ts";
import { stateMetrics } from "./state-metrics.ts";
import { versions } from "./versions.ts";
import { workMetrics } from "./work-metrics.ts";

export interface Metrics {
  readonly observer: Observer;
  /** Sees every request. */
  readonly middleware: MiddlewareHandler;
  /** In Prometheus' text format. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>;
}

interface MetricsOptions {
  readonly replica: Replica;
  readonly gpuMemory: ReadGpuMemory;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export function createMetrics({ replica, gpuMemory, now }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const refresh = stateMetrics(registry, { replica, gpuMemory });
  new Gauge({
    name: "sightline_build_info",
    help: "What runs.",
    labelNames: ["version", "node", "onnxruntime"],
    registers: [registry],
  }).set(versions, 1);
  return {
    observer: workMetrics(registry, now),
    middleware: httpMetrics(registry, now),
    async expose() {
      await refresh();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
