/**
 * A session worker that opens well, answers with ones as often as its second argument says, and then fails: its first says
 * whether it dies of the next batch (`exits`), is busy with it for ever (`hangs`) or cannot do it, nor any other (`breaks`,
 * as after some CUDA errors). A test can kill it in the middle of a batch. A real session cannot be killed there:
 * onnxruntime-node aborts the whole process when `terminate()` meets a running `session.run`.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { FromWorker, ToWorker, WorkerSpec } from "../inference/session-protocol.ts";

const [, , failure, answers = 0] = process.argv;
let answersLeft = Number(answers);

parentPort?.on("message", (message: ToWorker) => {
  if (message.type === "close") parentPort?.close();
  else if (answersLeft-- > 0) {
    const numbers = message.batch.lengths.length * (workerData as WorkerSpec).dims;
    say({ type: "done", vectors: new Float32Array(numbers).fill(1) });
  } else if (failure === "exits") process.exit(3);
  else if (failure === "hangs") for (;;);
  else say({ type: "failed", reason: "CUDA failure 700: an illegal memory access was encountered" });
});
say({ type: "ready" });

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}
