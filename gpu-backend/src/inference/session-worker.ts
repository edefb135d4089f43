/** Worker-thread entry: owns one ONNX session, because `session.run` of onnxruntime-node blocks its thread. */
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession } from "onnxruntime-node";
import { type Fill, matchInputs } from "./graph-inputs.ts";
import { registeredFor } from "./providers.ts";
import type { Batch, FromWorker, ToWorker, WorkerSpec } from "./session-protocol.ts";

/** @throws Error if the graph does not give what the manifest says. */
function matchOutput(session: InferenceSession, { output }: WorkerSpec): void {
  const produced = session.outputMetadata.find((o) => o.name === output);
  if (!produced)
    throw new Error(`the graph's outputs are [${session.outputNames.join(", ")}], the manifest's is "${output}"`);
  if (!produced.isTensor || produced.type !== "float32") throw new Error(`output "${output}" is not float32`);
}

const open = ({ file, provider, threads }: WorkerSpec) =>
  InferenceSession.create(file, {
    executionProviders: registeredFor(provider),
    graphOptimizationLevel: "all",
    executionMode: "sequential",
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  });

async function infer(session: InferenceSession, spec: WorkerSpec, fill: Fill, batch: Batch) {
  const results = await session.run(fill(batch), [spec.output]);
  const vectors = results[spec.output];
  const expected = [batch.lengths.length, spec.dims];
  if (!vectors || vectors.dims.join() !== expected.join())
    throw new Error(`output "${spec.output}" is [${vectors?.dims}], not [${expected}]`);
  // A copy: the runtime's own buffer may be memory that cannot be transferred.
  return new Float32Array(vectors.data as Float32Array);
}

async function serve(port: NonNullable<typeof parentPort>, spec: WorkerSpec): Promise<void> {
  const say = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));
  try {
    const session = await open(spec);
    const fill = matchInputs(session, spec);
    matchOutput(session, spec);
    port.on("message", async (message: ToWorker) => {
      if (message.type === "close") {
        await session.release();
        port.close();
        return;
      }
      try {
        const vectors = await infer(session, spec, fill, message.batch);
        say({ type: "done", vectors }, [vectors.buffer]);
      } catch (error) {
        say({ type: "failed", reason: reason(error) });
      }
    });
    say({ type: "ready" });
  } catch (error) {
    say({ type: "refused", reason: reason(error) });
    port.close();
  }
}

if (!parentPort) throw new Error("session-worker runs as a worker thread only");
await serve(parentPort, workerData as WorkerSpec);
