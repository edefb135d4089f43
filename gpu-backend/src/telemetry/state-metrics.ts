/** What is now, read when somebody asks: queues, models, readiness, memory of the GPUs. A model that is gone is not shown. */
import { Gauge, type Registry } from "prom-client";
import { readinessOf } from "../readiness.ts";
import type { Replica } from "../replica.ts";
import type { ReadGpuMemory } from "./gpu-memory.ts";

interface State {
  readonly replica: Replica;
  readonly gpuMemory: ReadGpuMemory;
}

/** @returns brings the gauges up to date. */
export function stateMetrics(registry: Registry, { replica, gpuMemory }: State): () => Promise<void> {
  const gauge = <Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge<Label>({ name: `sightline_${name}`, help, labelNames, registers: [registry] });

  const ready = gauge("ready", "1 while /readyz says so.");
  const depth = gauge("queue_depth", "Entries that wait, over all models and lanes.");
  const entries = gauge("queue_entries", "Entries that wait.", ["model", "graph", "lane"]);
  const capacity = gauge("queue_capacity", "Entries that may wait.", ["model", "graph", "lane"]);
  const loaded = gauge("model_loaded", "1 for each graph that is served.", ["model", "family", "graph", "provider"]);
  const loadSeconds = gauge("model_load_duration_seconds", "How long the model's last loading took.", ["model"]);
  const gpuUsed = gauge("gpu_memory_used_bytes", "Memory in use on the GPU, by anybody.", ["device"]);
  const gpuTotal = gauge("gpu_memory_total_bytes", "Memory of the GPU.", ["device"]);

  return async () => {
    const [{ status }, gpus] = await Promise.all([readinessOf(replica), gpuMemory()]);
    // No more waiting from here on: two that ask at the same time must not see half of it.
    for (const stale of [entries, capacity, loaded, loadSeconds, gpuUsed, gpuTotal]) stale.reset();
    ready.set(status === "down" ? 0 : 1);
    let waiting = 0;
    for (const { id, revision, family, loadMs, graphs } of replica.registry?.report() ?? []) {
      const model = `${id}@${revision}`;
      loadSeconds.set({ model }, loadMs / 1000);
      for (const [graph, { queued, capacity: perLane, provider }] of Object.entries(graphs)) {
        loaded.set({ model, family, graph, provider: provider.chosen }, 1);
        for (const lane of ["interactive", "bulk"] as const) {
          waiting += queued[lane];
          entries.set({ model, graph, lane }, queued[lane]);
          capacity.set({ model, graph, lane }, perLane);
        }
      }
    }
    depth.set(waiting);
    for (const { device, usedBytes, totalBytes } of gpus) {
      gpuUsed.set({ device }, usedBytes);
      gpuTotal.set({ device }, totalBytes);
    }
  };
}
