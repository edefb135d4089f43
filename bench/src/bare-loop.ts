/** The ceiling: onnxruntime alone, with ready-made tensors at the batch size at which this machine does best. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

const BATCH_SIZES = [1, 2, 4, 8, 16, 32] as const;
const CALIBRATION_MS = 1000;
/** Other work on the machine only ever slows a lap down, so that the faster of two laps is the truer one. */
const CALIBRATION_LAPS = 2;

/** What one row of a batch is: an image of [3, size, size] float32 or [size, size, 3] bytes, a text of so many int64 ids, or both. */
type LoopFeed =
  | { readonly size: number; readonly bytes?: true }
  | { readonly tokens: number }
  | { readonly size: number; readonly pair: PairFeed };

interface PairFeed {
  readonly tokens: number;
  /** Names of the tensors of ids and of how many of them count. */
  readonly ids: string;
  readonly lengths: string;
}

export type LoopSpec = LoopFeed & {
  readonly file: string;
  /** The tensor's name; of a pair, that of the pictures. */
  readonly input: string;
  /** Intra-op threads. */
  readonly threads: number;
  /** `cpu` unless said. */
  readonly provider?: string;
};

/** Run for at least `ms`. */
export interface LoopTask {
  /** Rows of each; several sizes are run in turn. */
  readonly batch: number | readonly number[];
  readonly ms: number;
}

export interface Lap {
  readonly rows: number;
  readonly ms: number;
}

export interface BareLoop extends AsyncDisposable {
  readonly bestBatch: number;
  /** Images per second at each batch size, as calibrated. */
  readonly rates: ReadonlyMap<number, number>;
  /** @returns images per second at the best batch size. */
  measure(seconds: number): Promise<number>;
}

export interface Loop extends AsyncDisposable {
  /** @returns rows per second. */
  lap(task: LoopTask): Promise<number>;
}

/** Opens the model in a worker thread. */
export function openLoop(spec: LoopSpec): Loop {
  const worker = new Worker(new URL("./bare-loop-worker.ts", import.meta.url), { workerData: spec });
  // A lap that waits is told by `once`; without a listener of its own an error between two laps would end the process.
  worker.on("error", () => undefined);
  return {
    async lap(task) {
      worker.postMessage(task);
      // `once` rejects if the worker fails instead of answering.
      const [{ rows, ms }] = (await once(worker, "message")) as [Lap];
      return rows / (ms / 1000);
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

/** Opens an image tower and finds its best batch size. @throws Error if the model cannot be run. */
export async function openBareLoop(spec: LoopSpec): Promise<BareLoop> {
  const { lap, [Symbol.asyncDispose]: close } = openLoop(spec);
  const rates = new Map<number, number>();
  for (let i = 0; i < CALIBRATION_LAPS; i++)
    for (const batch of BATCH_SIZES)
      rates.set(batch, Math.max(rates.get(batch) ?? 0, await lap({ batch, ms: CALIBRATION_MS })));
  const bestBatch = BATCH_SIZES.reduce((best, batch) =>
    (rates.get(batch) ?? 0) > (rates.get(best) ?? 0) ? batch : best,
  );
  return {
    bestBatch,
    rates,
    measure: (seconds) => lap({ batch: bestBatch, ms: seconds * 1000 }),
    [Symbol.asyncDispose]: close,
  };
}
