/** Worker-thread entry: runs a model's image tower in a loop, with nothing around it. */
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Lap, LoopSpec, LoopTask } from "./bare-loop.ts";
import { randomValues } from "./random.ts";

const { file, input, size, threads } = workerData as LoopSpec;

// As the backend opens its sessions, so that nothing but what is around the model differs.
const session = await InferenceSession.create(file, {
  executionProviders: ["cpu"],
  graphOptimizationLevel: "all",
  executionMode: "sequential",
  intraOpNumThreads: threads,
  logSeverityLevel: 3,
});

async function run({ batch, ms }: LoopTask): Promise<Lap> {
  const feed = { [input]: new Tensor("float32", randomValues(batch * 3 * size * size, 1, 1), [batch, 3, size, size]) };
  // Once untimed: the first run at another batch size plans its memory.
  await session.run(feed);
  const from = performance.now();
  let images = 0;
  while (performance.now() - from < ms) {
    await session.run(feed);
    images += batch;
  }
  return { images, ms: performance.now() - from };
}

parentPort?.on("message", async (task: LoopTask) => parentPort?.postMessage(await run(task)));
