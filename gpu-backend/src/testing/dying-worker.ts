/** A session worker that opens well and dies of its first batch. */
import { parentPort } from "node:worker_threads";
import type { FromWorker } from "../inference/session-protocol.ts";

const ready: FromWorker = { type: "ready", choice: { chosen: "cpu", refused: [] } };
parentPort?.on("message", () => process.exit(3));
parentPort?.postMessage(ready);
