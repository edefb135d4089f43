/**
 * What the layers tell whoever watches them (metrics; spans can be had in the same places). They know this interface and no
 * library behind it. What takes time is told when it begins; the function that comes back is told how it ended.
 */
import type { VectorStore } from "@sightline/shared/store/port";
import type { BatchCall } from "./inference/batcher.ts";
import type { Provider } from "./inference/providers.ts";

/** @param failure what it ended with, if it did not end well. */
export type End = (failure?: unknown) => void;

/** Why a piece of work never reached a model. `cancelled`: its caller went away. */
export type DropReason =
  | "queue_full"
  | "deadline"
  | "draining"
  | "decode_queue_full"
  | "fetch_queue_full"
  | "cancelled";

/** An entry of a batch: `call` is the very object that was submitted with it. */
export interface BatchEntry {
  readonly call: BatchCall;
  readonly queueMs: number;
}

interface BatchStart {
  /** `modelRevisionKey`. */
  readonly model: string;
  readonly graph: string;
  readonly provider: Provider;
  readonly entries: readonly BatchEntry[];
}

export interface InputOutcome {
  /** `modelRevisionKey`. */
  readonly model: string;
  readonly kind: "text" | "image" | "pair";
  /** `refused`: the input is at fault. `failed`: we are, or there was no time. */
  readonly outcome: "ok" | "refused" | "failed";
  /** The model has read a part of its text only. */
  readonly truncated: boolean;
}

export type StoreOperation = Exclude<keyof VectorStore, "health" | "close">;

export interface Observer {
  /** A signed call begins, in its own asynchronous context. All that is done for it carries this signal. */
  call(signal: AbortSignal): void;
  /** A batch goes to its session. It is told in no caller's asynchronous context: the entries' calls say whose it is. */
  batch(batch: BatchStart): End;
  /** A picture is opened, decoded and prepared, in its caller's asynchronous context. */
  decode(): End;
  /** A call of the vector store, in its caller's asynchronous context. A caller's mistake is no failure of the store. */
  store(operation: StoreOperation): End;
  dropped(reason: DropReason): void;
  /** One input of a call has its answer. Those of a call that ended as a whole (its time was over, its caller left) have none. */
  input(outcome: InputOutcome): void;
  /** @param model `modelRevisionKey`. @param graphs as `Model.stats` names them. */
  modelLoaded(model: string, graphs: readonly string[]): void;
  modelRefused(folder: string): void;
  /** A session's worker died and another has taken its place. */
  sessionRestarted(): void;
}

const ended: End = () => {};

/** Nobody watches. */
export const UNOBSERVED: Observer = {
  call: () => {},
  batch: () => ended,
  decode: () => ended,
  store: () => ended,
  dropped: () => {},
  input: () => {},
  modelLoaded: () => {},
  modelRefused: () => {},
  sessionRestarted: () => {},
};

/** Runs work between its beginning and its end. */
export async function observed<T>(end: End, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    end();
    return result;
  } catch (error) {
    end(error);
    throw error;
  }
}

/** Why work that follows the signal was given up: `AbortSignal.timeout`'s reason tells a deadline from a caller who left. */
export const whyAborted = ({ reason }: AbortSignal): DropReason =>
  reason instanceof Error && reason.name === "TimeoutError" ? "deadline" : "cancelled";
