/** What is done, counted and timed: an observer of the layers that knows nothing but Prometheus' counters and histograms. */
import { Counter, Histogram, type Registry } from "prom-client";
import { type DropReason, type Observer, UNOBSERVED } from "../observer.ts";
import { BATCH_SIZES, SECONDS } from "./buckets.ts";

const SHED: readonly Exclude<DropReason, "cancelled">[] = [
  "queue_full",
  "deadline",
  "draining",
  "decode_queue_full",
  "fetch_queue_full",
];

/** @param now monotonic milliseconds. */
export function workMetrics(registry: Registry, now: () => number): Observer {
  const registers = [registry];
  const queueWait = new Histogram({
    name: "sightline_queue_wait_seconds",
    help: "How long entries waited for their batch.",
    labelNames: ["model", "graph"],
    buckets: SECONDS,
    registers,
  });
  const batchSize = new Histogram({
    name: "sightline_batch_size",
    help: "Entries of the batches that were run.",
    labelNames: ["model", "graph"],
    buckets: BATCH_SIZES,
    registers,
  });
  const inference = new Histogram({
    name: "sightline_inference_duration_seconds",
    help: "How long batches took in their session, failed ones too.",
    labelNames: ["model", "graph", "provider"],
    buckets: SECONDS,
    registers,
  });
  const inferenceFailures = new Counter({
    name: "sightline_inference_failures_total",
    help: "Batches that gave no answer.",
    labelNames: ["model", "graph"],
    registers,
  });
  const decoding = new Histogram({
    name: "sightline_decode_duration_seconds",
    help: "How long pictures took to be opened, decoded and prepared, refused ones too; without waiting for their turn.",
    buckets: SECONDS,
    registers,
  });
  const inputs = new Counter({
    name: "sightline_inputs_total",
    help: "Inputs that were answered: with a result, as refused, or with a failure of ours.",
    labelNames: ["model", "kind", "outcome"],
    registers,
  });
  const truncated = new Counter({
    name: "sightline_texts_truncated_total",
    help: "Texts of which the model has read the beginning only.",
    labelNames: ["model"],
    registers,
  });
  const shed = new Counter({
    name: "sightline_shed_total",
    help: "Pieces of work that were turned away before they reached a model.",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of SHED) shed.inc({ reason }, 0);
  const cancelled = new Counter({
    name: "sightline_cancelled_total",
    help: "Pieces of work whose caller went away before they reached a model.",
    registers,
  });
  const storing = new Histogram({
    name: "sightline_store_duration_seconds",
    help: "How long calls of the vector store took.",
    labelNames: ["operation", "outcome"],
    buckets: SECONDS,
    registers,
  });
  const modelLoads = new Counter({
    name: "sightline_model_loads_total",
    help: "Models that were loaded, and folders that were refused; a folder without an id and revision by its name.",
    labelNames: ["model", "outcome"],
    registers,
  });
  const sessionRestarts = new Counter({
    name: "sightline_session_restarts_total",
    help: "Session workers that died and were replaced.",
    registers,
  });

  const sinceSeconds = (startedAt: number): number => (now() - startedAt) / 1000;
  return {
    ...UNOBSERVED,
    batch({ model, graph, provider, entries }) {
      const startedAt = now();
      const labels = { model, graph };
      batchSize.observe(labels, entries.length);
      for (const { queueMs } of entries) queueWait.observe(labels, queueMs / 1000);
      return (failure) => {
        inference.observe({ model, graph, provider }, sinceSeconds(startedAt));
        if (failure !== undefined) inferenceFailures.inc(labels);
      };
    },
    decode() {
      const startedAt = now();
      return () => decoding.observe(sinceSeconds(startedAt));
    },
    store(operation) {
      const startedAt = now();
      return (failure) =>
        storing.observe({ operation, outcome: failure === undefined ? "ok" : "error" }, sinceSeconds(startedAt));
    },
    dropped(reason) {
      if (reason === "cancelled") cancelled.inc();
      else shed.inc({ reason });
    },
    input(input) {
      const { model, kind, outcome } = input;
      inputs.inc({ model, kind, outcome });
      if (input.truncated) truncated.inc({ model });
    },
    modelLoaded(model, graphs) {
      modelLoads.inc({ model, outcome: "loaded" });
      // A counter that is born with 1 has not risen, for Prometheus: these are born with 0.
      truncated.inc({ model }, 0);
      for (const graph of graphs) inferenceFailures.inc({ model, graph }, 0);
    },
    modelRefused: (folder) => modelLoads.inc({ model: folder, outcome: "refused" }),
    sessionRestarted: () => sessionRestarts.inc(),
  };
}
