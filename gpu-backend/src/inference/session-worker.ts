/** Worker-thread entry: owns one ONNX session, because `session.run` of onnxruntime-node blocks its thread. */
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { openWithFirst } from "./providers.ts";
import type { Batch, Feed, FromWorker, SessionSpec, ToWorker } from "./session-protocol.ts";
import { normalisationTable, normalisePixels, padTokens } from "./tensors.ts";

type Fill = (batch: Batch) => Tensor;

/** Grows by doubling and never shrinks: a tower's batches are bounded. */
function keptBuffer<T extends { readonly length: number }>(make: (length: number) => T): (atLeast: number) => T {
  let kept = make(0);
  return (atLeast) => {
    if (kept.length < atLeast) kept = make(Math.max(atLeast, 2 * kept.length));
    return kept;
  };
}

function fillPixels({ size, mean, std }: Feed & { kind: "pixels" }): Fill {
  const table = normalisationTable(mean, std);
  const buffer = keptBuffer((length) => new Float32Array(length));
  return ({ bytes, lengths }) => {
    const values = buffer(bytes.length);
    normalisePixels(bytes, size * size, table, values);
    return new Tensor("float32", values.subarray(0, bytes.length), [lengths.length, 3, size, size]);
  };
}

/** The batch as it came is the tensor: nothing is copied. */
function fillPixelBytes({ size }: Feed & { kind: "pixel-bytes" }): Fill {
  return ({ bytes, lengths }) => new Tensor("uint8", bytes, [lengths.length, size, size, 3]);
}

/** @param fixedWidth of a graph that was exported without a dynamic sequence axis. */
function fillTokens(padId: number, type: "int64" | "int32", fixedWidth: number | undefined): Fill {
  const buffer = keptBuffer((length) => (type === "int64" ? new BigInt64Array(length) : new Int32Array(length)));
  return ({ bytes, lengths }) => {
    const ids = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    const counts = lengths.map((length) => length / 4);
    const width = fixedWidth ?? Math.max(...counts);
    const cells = buffer(counts.length * width).subarray(0, counts.length * width);
    padTokens(ids, counts, width, padId, cells);
    return new Tensor(type, cells, [counts.length, width]);
  };
}

/** @throws Error if the graph's tensors are not those of the manifest. */
function matchGraph(session: InferenceSession, { input, output, feed }: SessionSpec): Fill {
  const [only, ...others] = session.inputMetadata;
  if (only?.name !== input || others.length > 0)
    throw new Error(`the graph's inputs are [${session.inputNames.join(", ")}], the manifest's is "${input}"`);
  const produced = session.outputMetadata.find((o) => o.name === output);
  if (!produced)
    throw new Error(`the graph's outputs are [${session.outputNames.join(", ")}], the manifest's is "${output}"`);
  if (!produced.isTensor || produced.type !== "float32") throw new Error(`output "${output}" is not float32`);
  const type = only.isTensor ? only.type : "no tensor";
  const shape = only.isTensor ? only.shape : [];
  if (feed.kind !== "tokens") {
    const { size } = feed;
    const wanted = feed.kind === "pixels" ? "float32" : "uint8";
    if (type !== wanted) throw new Error(`input "${input}" is ${type}, not ${wanted}`);
    const rest = feed.kind === "pixels" ? [3, size, size] : [size, size, 3];
    if (shape.slice(1).some((dim, i) => typeof dim === "number" && dim !== rest[i]))
      throw new Error(`input "${input}" is [${shape}], the manifest's image size makes it [batch,${rest}]`);
    return feed.kind === "pixels" ? fillPixels(feed) : fillPixelBytes(feed);
  }
  if (type !== "int64" && type !== "int32") throw new Error(`input "${input}" is ${type}, not int64 or int32`);
  const [, width] = shape;
  if (typeof width !== "number") return fillTokens(feed.padId, type, undefined);
  if (width !== feed.contextLength)
    throw new Error(`input "${input}" is [${shape}], the manifest's context length is ${feed.contextLength}`);
  return fillTokens(feed.padId, type, width);
}

async function open(spec: SessionSpec) {
  return openWithFirst(spec.providers, (provider) =>
    InferenceSession.create(spec.file, {
      executionProviders: [provider],
      graphOptimizationLevel: "all",
      executionMode: "sequential",
      intraOpNumThreads: spec.threads,
      logSeverityLevel: 3,
    }),
  );
}

async function infer(session: InferenceSession, spec: SessionSpec, fill: Fill, batch: Batch) {
  const results = await session.run({ [spec.input]: fill(batch) }, [spec.output]);
  const vectors = results[spec.output];
  const expected = [batch.lengths.length, spec.dims];
  if (!vectors || vectors.dims.join() !== expected.join())
    throw new Error(`output "${spec.output}" is [${vectors?.dims}], not [${expected}]`);
  // A copy: the runtime's own buffer may be memory that cannot be transferred.
  return new Float32Array(vectors.data as Float32Array);
}

async function serve(port: NonNullable<typeof parentPort>, spec: SessionSpec): Promise<void> {
  const say = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));
  try {
    const { session, choice } = await open(spec);
    const fill = matchGraph(session, spec);
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
    say({ type: "ready", choice });
  } catch (error) {
    say({ type: "refused", reason: reason(error) });
    port.close();
  }
}

if (!parentPort) throw new Error("session-worker runs as a worker thread only");
await serve(parentPort, workerData as SessionSpec);
