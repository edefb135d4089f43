/** The host's end of one session worker: start it, hand it a batch, notice that it died. Nothing is retried here. */
import type { Worker } from "node:worker_threads";
import type { Batch, FromWorker, ToWorker } from "./session-protocol.ts";

/** The thread ended without having been asked to. What it was working on has no answer. */
export class WorkerDied extends Error {
  override readonly name = "WorkerDied";
}

/** One input: RGB bytes or token ids. The rows are copied, so that a batch can be sent again to another worker. */
export type Row = Uint8Array | Int32Array;

export interface WorkerLink {
  /** The listener is told before the batch that the worker had is rejected; never after `close`. */
  onDeath(listener: (death: WorkerDied) => void): void;
  /** One batch at a time. @returns rows · dims. @throws WorkerDied, or Error if the model could not do the batch. */
  run(rows: readonly Row[]): Promise<Float32Array>;
  /** Asks the thread to end. Never `terminate()`: meeting a running `session.run` it aborts the whole process. */
  close(): Promise<void>;
}

function pack(rows: readonly Row[]): Batch & { readonly bytes: Uint8Array<ArrayBuffer> } {
  const lengths = rows.map((row) => row.byteLength);
  // Slow: not from Node's pool, whose memory cannot be transferred. Unsafe: every byte is written below.
  const bytes = Buffer.allocUnsafeSlow(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const row of rows) {
    bytes.set(new Uint8Array(row.buffer, row.byteOffset, row.byteLength), at);
    at += row.byteLength;
  }
  return { bytes, lengths };
}

/** @throws WorkerDied, or Error with the worker's reason if it could not open its session. */
export function connect(worker: Worker): Promise<WorkerLink> {
  const opened = Promise.withResolvers<WorkerLink>();
  const exited = Promise.withResolvers<void>();
  let onDeath: ((death: WorkerDied) => void) | undefined;
  let running: PromiseWithResolvers<Float32Array> | undefined;
  let ending = false;
  let death: WorkerDied | undefined;

  const say = (message: ToWorker, transfer: ArrayBuffer[] = []) => worker.postMessage(message, transfer);

  const settle = (act: (pending: PromiseWithResolvers<Float32Array>) => void) => {
    const pending = running;
    running = undefined;
    if (pending) act(pending);
  };

  const bury = (cause: string) => {
    if (ending || death) return;
    death = new WorkerDied(`the session worker died: ${cause}`);
    opened.reject(death);
    onDeath?.(death);
    settle((pending) => pending.reject(death));
  };

  const link: WorkerLink = {
    onDeath(listener) {
      onDeath = listener;
      if (death) listener(death);
    },
    run(rows) {
      if (death) return Promise.reject(death);
      if (running) return Promise.reject(new Error("a session runs one batch at a time"));
      running = Promise.withResolvers<Float32Array>();
      const batch = pack(rows);
      say({ type: "run", batch }, [batch.bytes.buffer]);
      return running.promise;
    },
    async close() {
      ending = true;
      say({ type: "close" });
      await exited.promise;
    },
  };

  worker.on("message", (message: FromWorker) => {
    if (message.type === "ready") opened.resolve(link);
    else if (message.type === "done") settle((pending) => pending.resolve(message.vectors));
    else if (message.type === "failed") settle((pending) => pending.reject(new Error(message.reason)));
    else {
      ending = true;
      opened.reject(new Error(message.reason));
    }
  });
  worker.on("error", (error) => bury(error instanceof Error ? error.message : String(error)));
  worker.on("exit", (code) => {
    bury(`exit code ${code}`);
    exited.resolve();
  });
  return opened.promise;
}
