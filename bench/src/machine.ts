/** The machine on which a figure was taken: without it the figure says nothing. */
import { availableParallelism, cpus, loadavg } from "node:os";
import { env } from "onnxruntime-node";

export interface Machine {
  /** Also the intra-op threads of every model that is measured. */
  readonly cores: number;
  readonly processor: string;
  readonly node: string;
  readonly onnxruntime: string;
  /** Runnable processes over the last minute, before the benchmark adds its own: 0 on a quiet machine. */
  readonly load: number;
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    node: process.versions.node,
    onnxruntime: env.versions.node ?? "unknown",
    load: loadavg()[0] ?? 0,
  };
}
