/** What a session and its worker thread say to each other. */
import type { Provider } from "./providers.ts";
import type { PerChannel } from "./tensors.ts";

type PictureFeed =
  /** Each row: `size`² · 3 bytes RGB, interleaved → float32 [rows, 3, size, size]. */
  | { readonly kind: "pixels"; readonly size: number; readonly mean: PerChannel; readonly std: PerChannel }
  /** Each row: the same bytes → uint8 [rows, size, size, 3], of a graph that normalises them itself. */
  | { readonly kind: "pixel-bytes"; readonly size: number };

/** Each row: at most `contextLength` int32 token ids → int64 or int32 [rows, longest row], or as wide as the graph demands. */
interface TokenFeed {
  readonly kind: "tokens";
  readonly padId: number;
  readonly contextLength: number;
}

/** How a batch of byte rows becomes the graph's input tensors. */
export type Feed =
  | PictureFeed
  | TokenFeed
  /** Each row: a picture's bytes, then its text's. Three tensors: the pictures go to `SessionSpec.input`. */
  | {
      readonly kind: "pairs";
      readonly picture: PictureFeed;
      readonly text: TokenFeed;
      /** Name of the input for the tokens. */
      readonly tokens: string;
      /** Name of the input for how many of each row's tokens count. */
      readonly lengths: string;
    };

export interface SessionSpec {
  readonly file: string;
  readonly input: string;
  readonly output: string;
  /** Numbers that it gives for a row. */
  readonly dims: number;
  readonly feed: Feed;
  /** In order of preference. */
  readonly providers: readonly Provider[];
  /** Intra-op threads. */
  readonly threads: number;
}

/** Everything a worker needs to open its session; passed as its `workerData`. */
export interface WorkerSpec extends Omit<SessionSpec, "providers"> {
  readonly provider: Provider;
}

/** Rows lie in `bytes` one after the other; `lengths` are theirs, in bytes. */
export interface Batch {
  readonly bytes: Uint8Array;
  readonly lengths: readonly number[];
}

export type ToWorker = { readonly type: "run"; readonly batch: Batch } | { readonly type: "close" };

/** The first message is `ready` or `refused`; every `run` is answered by one `done` or `failed`, in order. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "refused"; readonly reason: string }
  /** Row-major, rows · dims, as the model gave them. */
  | { readonly type: "done"; readonly vectors: Float32Array<ArrayBuffer> }
  | { readonly type: "failed"; readonly reason: string };
