/** What a session and its worker thread say to each other. */
import type { Provider, ProviderChoice } from "./providers.ts";
import type { PerChannel } from "./tensors.ts";

/** How a batch of byte rows becomes the tower's input tensor. */
export type Feed =
  /** Each row: `size`² · 3 bytes RGB, interleaved → float32 [rows, 3, size, size]. */
  | { readonly kind: "pixels"; readonly size: number; readonly mean: PerChannel; readonly std: PerChannel }
  /** Each row: the same bytes → uint8 [rows, size, size, 3], of a graph that normalises them itself. */
  | { readonly kind: "pixel-bytes"; readonly size: number }
  /** Each row: at most `contextLength` int32 token ids → int64 or int32 [rows, longest row], or as wide as the graph demands. */
  | { readonly kind: "tokens"; readonly padId: number; readonly contextLength: number };

/** Everything a worker needs to open its session; passed as its `workerData`. */
export interface SessionSpec {
  readonly file: string;
  readonly input: string;
  readonly output: string;
  readonly dims: number;
  readonly feed: Feed;
  readonly providers: readonly Provider[];
  /** Intra-op threads. */
  readonly threads: number;
}

/** Rows lie in `bytes` one after the other; `lengths` are theirs, in bytes. */
export interface Batch {
  readonly bytes: Uint8Array;
  readonly lengths: readonly number[];
}

export type ToWorker = { readonly type: "run"; readonly batch: Batch } | { readonly type: "close" };

/** The first message is `ready` or `refused`; every `run` is answered by one `done` or `failed`, in order. */
export type FromWorker =
  | { readonly type: "ready"; readonly choice: ProviderChoice }
  | { readonly type: "refused"; readonly reason: string }
  /** Row-major, rows · dims, as the model gave them. */
  | { readonly type: "done"; readonly vectors: Float32Array<ArrayBuffer> }
  | { readonly type: "failed"; readonly reason: string };
