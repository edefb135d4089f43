/**
 * Tells batches that cannot be done from an engine that can do none any more. After some CUDA errors every later run of the
 * process fails, in a new session too, and only a new process recovers; the worker thread goes on answering «failed».
 * After a few failures in a row the engine is asked what it has answered when it was opened. If it cannot, it is broken for good.
 * So is one that a run hangs in.
 */
import { ApiError } from "@sightline/shared/errors";
import { RunHung } from "../inference/hang.ts";

/** One batch may be poisoned, and the next may hold the same input again. */
const SUSPICIOUS = 3;

export class BreakdownWatch {
  readonly #probe: () => Promise<unknown>;
  readonly #onBroken: (reason: unknown) => void;
  #failures = 0;
  #isBroken = false;

  /** @param probe rejects if the engine cannot do what it could. @param onBroken called once. */
  constructor(probe: () => Promise<unknown>, onBroken: (reason: unknown) => void) {
    this.#probe = probe;
    this.#onBroken = onBroken;
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** One batch at a time. @throws what the batch throws; ApiError(backend_unavailable) once the engine is broken. */
  async run<T>(batch: () => Promise<T>): Promise<T> {
    if (this.#isBroken) throw this.#unavailable();
    try {
      const done = await batch();
      this.#failures = 0;
      return done;
    } catch (error) {
      if (error instanceof ApiError && error.cause instanceof RunHung) this.#break(error.cause);
      else if (++this.#failures < SUSPICIOUS || (await this.#answersProbe())) throw error;
      throw this.#unavailable(error);
    }
  }

  async #answersProbe(): Promise<boolean> {
    try {
      await this.#probe();
      this.#failures = 0;
      return true;
    } catch (reason) {
      this.#break(reason);
      return false;
    }
  }

  #break(reason: unknown): void {
    this.#isBroken = true;
    this.#onBroken(reason);
  }

  /** Another replica may do it. */
  #unavailable(cause?: unknown): ApiError {
    return new ApiError("backend_unavailable", { retryAfterSeconds: 1, cause });
  }
}
