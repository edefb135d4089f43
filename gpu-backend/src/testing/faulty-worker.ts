/**
 * A session worker that opens well and never answers: its first argument says whether it dies of its first batch
 * (`exits`) or is busy with it for ever (`hangs`), so that a test can kill it in the middle. A real session cannot be
 * killed there: onnxruntime-node aborts the whole process when `terminate()` meets a running `session.run`.
 */
import { parentPort } from "node:worker_threads";
import type { FromWorker } from "../inference/session-protocol.ts";

const ready: FromWorker = { type: "ready", choice: { chosen: "cpu", refused: [] } };

parentPort?.on("message", () => {
  if (process.argv[2] === "exits") process.exit(3);
  for (;;);
});
parentPort?.postMessage(ready);
