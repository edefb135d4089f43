/** Worker-thread entry: runs a tower in a loop, with nothing around it. */
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Lap, LoopSpec, LoopTask } from "./bare-loop.ts";
import { randomValues } from "./random.ts";

/** Any id that every vocabulary has: speed does not depend on it. */
const TOKEN = 320n;
const GREY = 128;

const spec = workerData as LoopSpec;
const { provider = "cpu" } = spec;

// As the backend opens its sessions, so that nothing but what is around the model differs.
const session = await InferenceSession.create(spec.file, {
  executionProviders: provider === "tensorrt" ? ["tensorrt", "cuda"] : [provider],
  graphOptimizationLevel: "all",
  executionMode: "sequential",
  intraOpNumThreads: spec.threads,
  logSeverityLevel: 3,
});

const idsOf = (rows: number, tokens: number): Tensor =>
  new Tensor("int64", new BigInt64Array(rows * tokens).fill(TOKEN), [rows, tokens]);

function batchOf(rows: number): Record<string, Tensor> {
  if ("tokens" in spec) return { [spec.input]: idsOf(rows, spec.tokens) };
  const { size } = spec;
  if ("bytes" in spec) {
    const shape = [rows, size, size, 3];
    return { [spec.input]: new Tensor("uint8", new Uint8Array(rows * size * size * 3).fill(GREY), shape) };
  }
  const pictures = new Tensor("float32", randomValues(rows * 3 * size * size, 1, 1), [rows, 3, size, size]);
  if (!("pair" in spec)) return { [spec.input]: pictures };
  const { tokens, ids, lengths } = spec.pair;
  const all = new Tensor("int64", new BigInt64Array(rows).fill(BigInt(tokens)), [rows]);
  return { [spec.input]: pictures, [ids]: idsOf(rows, tokens), [lengths]: all };
}

async function run({ batch, ms }: LoopTask): Promise<Lap> {
  const batches = [batch].flat().map((size) => ({ size, feed: batchOf(size) }));
  // Once untimed: the first run at another batch size plans its memory.
  for (const { feed } of batches) await session.run(feed);
  const from = performance.now();
  let rows = 0;
  while (performance.now() - from < ms)
    for (const { size, feed } of batches) {
      await session.run(feed);
      rows += size;
    }
  return { rows, ms: performance.now() - from };
}

parentPort?.on("message", async (task: LoopTask) => parentPort?.postMessage(await run(task)));
