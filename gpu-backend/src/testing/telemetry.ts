/** What a server under test is watched by: nobody, on a machine without a GPU. */
import { UNOBSERVED } from "../observer.ts";
import type { Replica } from "../replica.ts";
import { createMetrics } from "../telemetry/metrics.ts";

export function unobserved(replica: Replica) {
  const gpuMemory = async () => [];
  return { observer: UNOBSERVED, gpuMemory, metrics: createMetrics({ replica, gpuMemory, now: () => 0 }) };
}
