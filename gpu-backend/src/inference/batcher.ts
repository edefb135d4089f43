/**
 * Gathers single requests into batches for one engine. Work-conserving: an idle engine takes what is queued at once, and
 * while it is busy the next batch gathers. What cannot be answered in time is refused when it comes, not when it is late.
 * One batch at a time: the round trip to a session worker takes 0.06 ms (measured), so that a second one in flight
 * would hide next to nothing, and would close its batch too early.
 *
 * Lanes: interactive entries are taken before bulk ones, each lane in order of arrival. So that bulk does not starve,
 * a bulk lane that was passed over for `bulkPatienceMs` gets a quarter of the next batch (at least one place).
 */
import { ApiError } from "@sightline/shared/errors";
import type { Lane } from "@sightline/shared/internal/protocol";
import { type BatchEntry, type DropReason, type End, whyAborted } from "../observer.ts";
import { BatchCost } from "./batch-cost.ts";
import { Recent } from "./recent.ts";

const BULK_SHARE = 0.25;
const STATS_WINDOW = 512;

/** Told of each batch when it goes to the engine, and of each entry that never does. */
interface BatchObserver {
  batch(entries: readonly BatchEntry[]): End;
  dropped(reason: DropReason): void;
}

export interface BatcherOptions<In, Out> {
  readonly maxBatch: number;
  /** Entries that may wait in each lane: a flood of bulk work must not shut out interactive work. */
  readonly maxQueue: number;
  readonly bulkPatienceMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The engine: one output per input, in order. Never called while it is busy. */
  readonly run: (batch: readonly In[]) => Promise<readonly Out[]>;
  readonly observer: BatchObserver;
}

export interface BatchCall {
  readonly lane: Lane;
  /** On the batcher's clock. */
  readonly deadlineAt: number;
  readonly signal: AbortSignal;
}

export interface BatchAnswer<Out> {
  readonly output: Out;
  readonly queueMs: number;
  readonly inferenceMs: number;
}

/** Times are milliseconds over the last requests that were answered; 0 before the first. */
export interface BatcherStats {
  readonly queued: { readonly interactive: number; readonly bulk: number };
  /** Entries that may wait in each lane. */
  readonly capacity: number;
  readonly batches: number;
  readonly meanBatchSize: number;
  readonly queueMsP95: number;
  readonly inferenceMsP95: number;
}

interface Entry<In, Out> {
  readonly input: In;
  readonly call: BatchCall;
  readonly enqueuedAt: number;
  readonly settled: PromiseWithResolvers<BatchAnswer<Out>>;
}

export class Batcher<In, Out> {
  readonly #options: BatcherOptions<In, Out>;
  /** A Set is a queue from whose middle an aborted entry can leave in constant time. */
  readonly #lanes = { interactive: new Set<Entry<In, Out>>(), bulk: new Set<Entry<In, Out>>() };
  readonly #cost = new BatchCost();
  readonly #queueMs = new Recent(STATS_WINDOW);
  readonly #inferenceMs = new Recent(STATS_WINDOW);
  #bulkServedAt = Number.NEGATIVE_INFINITY;
  #working: Promise<void> | undefined;
  #running: { readonly size: number; readonly startedAt: number } | undefined;
  #draining = false;
  #batches = 0;
  #entries = 0;

  constructor(options: BatcherOptions<In, Out>) {
    this.#options = options;
  }

  /**
   * @throws ApiError(deadline_exceeded | overloaded | backend_unavailable), the signal's reason, or what the engine threw.
   */
  async submit(input: In, call: BatchCall): Promise<BatchAnswer<Out>> {
    const { lane, signal } = call;
    if (signal.aborted) {
      this.#options.observer.dropped(whyAborted(signal));
      throw signal.reason;
    }
    this.#admit(call);
    const entry = {
      input,
      call,
      enqueuedAt: this.#options.now(),
      settled: Promise.withResolvers<BatchAnswer<Out>>(),
    };
    const leave = () => {
      if (this.#lanes[lane].delete(entry)) this.#options.observer.dropped(whyAborted(signal));
      entry.settled.reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#lanes[lane].add(entry);
    this.#working ??= this.#work();
    try {
      return await entry.settled.promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  stats(): BatcherStats {
    return {
      queued: { interactive: this.#lanes.interactive.size, bulk: this.#lanes.bulk.size },
      capacity: this.#options.maxQueue,
      batches: this.#batches,
      meanBatchSize: this.#batches === 0 ? 0 : this.#entries / this.#batches,
      queueMsP95: this.#queueMs.percentile(0.95),
      inferenceMsP95: this.#inferenceMs.percentile(0.95),
    };
  }

  /** Takes no more, and resolves when everything that was taken is settled. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.#working;
  }

  get #queued(): number {
    return this.#lanes.interactive.size + this.#lanes.bulk.size;
  }

  /** @throws ApiError if an entry that comes now would wait in vain. */
  #admit({ lane, deadlineAt }: BatchCall): void {
    if (this.#draining) throw this.#refusal("draining", new ApiError("backend_unavailable", { retryAfterSeconds: 1 }));
    const leftMs = deadlineAt - this.#options.now();
    if (leftMs <= 0) throw this.#refusal("deadline", new ApiError("deadline_exceeded"));
    // An idle engine tries everything: else one slow batch could make every later estimate too long, for ever.
    if (!this.#running && this.#queued === 0) return;
    const full = this.#lanes[lane].size >= this.#options.maxQueue;
    if (!full && this.#answeredInMs(lane) <= leftMs) return;
    const retryAfterSeconds = Math.max(1, Math.ceil(this.#answeredInMs("bulk") / 1000));
    throw this.#refusal(full ? "queue_full" : "deadline", new ApiError("overloaded", { retryAfterSeconds }));
  }

  #refusal(reason: DropReason, error: ApiError): ApiError {
    this.#options.observer.dropped(reason);
    return error;
  }

  /** When an entry that comes now would be answered, by the measured rate. */
  #answeredInMs(lane: Lane): number {
    const { maxBatch, now } = this.#options;
    const runningMs = this.#running
      ? Math.max(0, this.#cost.estimate(this.#running.size) - (now() - this.#running.startedAt))
      : 0;
    const ahead = lane === "bulk" ? this.#queued : this.#lanes.interactive.size;
    const fullBatchesMs = Math.floor(ahead / maxBatch) * this.#cost.estimate(maxBatch);
    return runningMs + fullBatchesMs + this.#cost.estimate((ahead % maxBatch) + 1);
  }

  async #work(): Promise<void> {
    // One turn of the microtask queue: what a caller submits in one go becomes one batch, not one and the rest.
    await Promise.resolve();
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) await this.#infer(batch);
    this.#working = undefined;
  }

  #take(): readonly Entry<In, Out>[] {
    const { maxBatch, bulkPatienceMs, now } = this.#options;
    const { interactive, bulk } = this.#lanes;
    const takenAt = now();
    for (const lane of [interactive, bulk])
      for (const entry of lane)
        if (entry.call.deadlineAt <= takenAt) {
          lane.delete(entry);
          entry.settled.reject(this.#refusal("deadline", new ApiError("deadline_exceeded")));
        }

    const [oldestBulk] = bulk;
    const passedOver =
      oldestBulk !== undefined && takenAt - Math.max(oldestBulk.enqueuedAt, this.#bulkServedAt) >= bulkPatienceMs;
    const keptForBulk = passedOver ? Math.min(bulk.size, Math.max(1, Math.floor(maxBatch * BULK_SHARE))) : 0;

    const first = [...interactive].slice(0, maxBatch - keptForBulk);
    const second = [...bulk].slice(0, maxBatch - first.length);
    for (const entry of first) interactive.delete(entry);
    for (const entry of second) bulk.delete(entry);
    if (second.length > 0) this.#bulkServedAt = takenAt;
    return [...first, ...second];
  }

  async #infer(batch: readonly Entry<In, Out>[]): Promise<void> {
    const { now, run } = this.#options;
    const startedAt = now();
    this.#running = { size: batch.length, startedAt };
    const end = this.#options.observer.batch(
      batch.map(({ call, enqueuedAt }) => ({ call, queueMs: startedAt - enqueuedAt })),
    );
    try {
      const outputs = await run(batch.map((entry) => entry.input));
      const inferenceMs = now() - startedAt;
      end();
      batch.forEach((entry, i) => {
        const queueMs = startedAt - entry.enqueuedAt;
        this.#queueMs.add(queueMs);
        this.#inferenceMs.add(inferenceMs);
        entry.settled.resolve({ output: outputs[i] as Out, queueMs, inferenceMs });
      });
    } catch (error) {
      end(error);
      for (const entry of batch) entry.settled.reject(error);
    }
    this.#running = undefined;
    this.#cost.observe(batch.length, now() - startedAt);
    this.#batches++;
    this.#entries += batch.length;
  }
}
