/** A tower's session as the host sees it: its worker is replaced when it dies, and the batch it had is run once more. */
import { Worker } from "node:worker_threads";
import { ApiError } from "@sightline/shared/errors";
import type { Logger } from "pino";
import { type Observer, UNOBSERVED } from "../observer.ts";
import type { ProviderChoice } from "./providers.ts";
import type { SessionSpec } from "./session-protocol.ts";
import { connect, type Row, WorkerDied, type WorkerLink } from "./worker-link.ts";

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
/** The first run and one repetition: a batch that kills two workers is taken for the cause. */
const ATTEMPTS = 2;

export interface SessionDeps {
  readonly log: Pick<Logger, "info" | "warn">;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Called for the first worker and for each one that replaces a dead one. */
  readonly spawn: (spec: SessionSpec) => Worker | Promise<Worker>;
  readonly observer?: Observer | undefined;
}

export interface SessionStats {
  /** Of the worker that was last ready. */
  readonly provider: ProviderChoice;
  /** False while a dead worker is being replaced; of an engine, also when it can do nothing any more. */
  readonly alive: boolean;
  /** Workers that died and were replaced. */
  readonly restarts: number;
}

export const spawnSessionWorker = (spec: SessionSpec): Worker =>
  new Worker(new URL("./session-worker.ts", import.meta.url), { workerData: spec });

export class Session {
  readonly #spec: SessionSpec;
  readonly #deps: SessionDeps;
  readonly #closing = new AbortController();
  #link: Promise<WorkerLink>;
  #provider: ProviderChoice;
  #alive = true;
  #restarts = 0;
  /** Deaths since the last batch that was answered. */
  #deaths = 0;

  private constructor(spec: SessionSpec, deps: SessionDeps, link: WorkerLink) {
    this.#spec = spec;
    this.#deps = deps;
    this.#provider = link.choice;
    this.#link = Promise.resolve(link);
    this.#watch(link);
  }

  /** @throws Error if no provider opens the model, or its tensors are not those of the spec. */
  static async open(spec: SessionSpec, deps: SessionDeps): Promise<Session> {
    return new Session(spec, deps, await connect(await deps.spawn(spec)));
  }

  stats(): SessionStats {
    return { provider: this.#provider, alive: this.#alive, restarts: this.#restarts };
  }

  /** One batch at a time. @returns one vector per row, as the model gave it. @throws ApiError(internal_error). */
  async run(rows: readonly Row[]): Promise<readonly Float32Array[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        const link = await this.#link;
        const flat = await link.run(rows);
        this.#deaths = 0;
        const { dims } = this.#spec;
        // Slices, not views: a vector that is kept must not keep its whole batch.
        return rows.map((_, row) => flat.slice(row * dims, (row + 1) * dims));
      } catch (cause) {
        if (!(cause instanceof WorkerDied) || attempt === ATTEMPTS) throw new ApiError("internal_error", { cause });
      }
    }
  }

  /** Call it when nothing runs. */
  async close(): Promise<void> {
    this.#closing.abort();
    const link = await this.#link.catch(() => undefined);
    await link?.close();
  }

  #watch(link: WorkerLink): void {
    link.onDeath((death) => {
      this.#deps.log.warn({ file: this.#spec.file, reason: death.message }, "session worker died");
      this.#replace();
    });
  }

  #replace(): void {
    this.#alive = false;
    if (this.#closing.signal.aborted) return;
    this.#deaths++;
    const replacement = this.#startAgain();
    this.#link = replacement;
    // A batch that waits for the link gets the reason; the next attempt does not wait for a batch.
    replacement.catch((error: unknown) => {
      if (this.#closing.signal.aborted) return;
      this.#deps.log.warn({ file: this.#spec.file, reason: String(error) }, "session worker could not be replaced");
      this.#replace();
    });
  }

  async #startAgain(): Promise<WorkerLink> {
    const { sleep, spawn, observer = UNOBSERVED } = this.#deps;
    // The first death may be an accident and costs no wait; repeated ones must not keep a core busy with loading.
    if (this.#deaths > 1)
      await sleep(Math.min(FIRST_BACKOFF_MS * 2 ** (this.#deaths - 2), MAX_BACKOFF_MS), this.#closing.signal);
    const link = await connect(await spawn(this.#spec));
    this.#provider = link.choice;
    this.#alive = true;
    this.#restarts++;
    observer.sessionRestarted();
    this.#watch(link);
    return link;
  }
}
