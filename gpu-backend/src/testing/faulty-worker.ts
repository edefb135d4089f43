/**
 * A session worker that opens well and then fails: its first argument says whether it dies of its first batch
 * (`exits`) or is busy with it for ever (`hangs`), so that a test can kill it in the middle. A real session cannot be
 * killed there: onnxruntime-node aborts the whole process when `terminate()` meets a running `session.run`. Another
 * (`breaks`) answers with ones as often as its second argument says, and then fails for ever, as after some CUDA errors.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { FromWorker, ToWorker, WorkerSpec } from "../inference/session-protocol.ts";

const ready: FromWorker = { type: "ready" };

let answersLeft = Number(process.argv[3] ?? 0);

parentPort?.on("message", (message: ToWorker) => {
  if (process.argv[2] === "breaks") {
    if (message.type === "close") parentPort?.close();
    else parentPort?.postMessage(answer(message.batch.lengths.length * (workerData as WorkerSpec).dims));
    return;
  }
  if (process.argv[2] === "exits") process.exit(3);
  for (;;);
});
parentPort?.postMessage(ready);

function answer(numbers: number): FromWorker {
  if (answersLeft-- > 0) return { type: "done", vectors: new Float32Array(numbers).fill(1) };
  return { type: "failed", reason: "CUDA failure 700: an illegal memory access was encountered" };
}
