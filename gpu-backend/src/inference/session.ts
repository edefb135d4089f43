/**
 * A graph's session as the host sees it: opened with the first provider that opens it and answers the warm-up; its worker is
 * replaced in the same way when it dies, and the batch it had is run once more.
 */
import { Worker } from "node:worker_threads";
import { ApiError } from "@sightline/shared/errors";
import type { Logger } from "pino";
import { type Observer, UNOBSERVED } from "../observer.ts";
import { unlessHung } from "./hang.ts";
import { openWithFirst, type Provider, type ProviderChoice } from "./providers.ts";
import type { SessionSpec, WorkerSpec } from "./session-protocol.ts";
import { connect, type Row, WorkerDied, type WorkerLink } from "./worker-link.ts";

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
/** The first run and one repetition: a batch that kills two workers is taken for the cause. */
const ATTEMPTS = 2;
/** In a row, some three seconds of tries: from then on a replacement may take a later provider than the session has had. */
const FAITHFUL_DEATHS = 6;

type Run = (rows: readonly Row[]) => Promise<readonly Float32Array[]>;

export interface SessionDeps {
  readonly log: Pick<Logger, "info" | "warn">;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Called for each provider that is tried, at the start and whenever a dead worker is replaced. */
  readonly spawn: (spec: WorkerSpec) => Worker | Promise<Worker>;
  /**
   * What a worker has to answer before it is used: some of what a provider lacks shows in the first run only.
   * @throws Error why it is not to be used.
   */
  readonly warmUp?: ((run: Run) => Promise<void>) | undefined;
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

export const spawnSessionWorker = (spec: WorkerSpec): Worker =>
  new Worker(new URL("./session-worker.ts", import.meta.url), { workerData: spec });

/** A worker that has answered the warm-up. @throws Error with every provider's reason. */
function openWorker({ providers, ...spec }: SessionSpec, { spawn, warmUp }: SessionDeps) {
  return openWithFirst(providers, async (provider) => {
    const link = await connect(await spawn({ ...spec, provider }));
    try {
      await warmUp?.((rows) => answer(link, rows, spec.dims));
    } catch (error) {
      await link.close();
      throw error;
    }
    return link;
  });
}

/** @returns a vector of its own for each row: one that is kept must not keep its whole batch. */
async function answer(link: WorkerLink, rows: readonly Row[], dims: number): Promise<readonly Float32Array[]> {
  const flat = await link.run(rows);
  return rows.map((_, row) => flat.slice(row * dims, (row + 1) * dims));
}

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

  private constructor(spec: SessionSpec, deps: SessionDeps, link: WorkerLink, choice: ProviderChoice) {
    this.#spec = spec;
    this.#deps = deps;
    this.#provider = choice;
    this.#link = Promise.resolve(link);
    this.#watch(link);
  }

  /** @throws Error if no provider opens the graph and answers the warm-up, or its tensors are not those of the spec. */
  static async open(spec: SessionSpec, deps: SessionDeps): Promise<Session> {
    const { opened, choice } = await openWorker(spec, deps);
    return new Session(spec, deps, opened, choice);
  }

  stats(): SessionStats {
    return { provider: this.#provider, alive: this.#alive, restarts: this.#restarts };
  }

  /**
   * One batch at a time.
   * @returns one vector per row, as the model gave it.
   * @throws ApiError(internal_error); with RunHung as its cause the session has no end any more, and neither has `close`.
   */
  async run(rows: readonly Row[]): Promise<readonly Float32Array[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        const link = await this.#link;
        const vectors = await unlessHung(this.#provider.chosen, answer(link, rows, this.#spec.dims));
        this.#deaths = 0;
        return vectors;
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
    const { sleep, observer = UNOBSERVED } = this.#deps;
    // The first death may be an accident and costs no wait; repeated ones must not keep a core busy with loading.
    if (this.#deaths > 1)
      await sleep(Math.min(FIRST_BACKOFF_MS * 2 ** (this.#deaths - 2), MAX_BACKOFF_MS), this.#closing.signal);
    const { opened, choice } = await openWorker({ ...this.#spec, providers: this.#eligible() }, this.#deps);
    this.#provider = choice;
    this.#alive = true;
    this.#restarts++;
    observer.sessionRestarted();
    this.#watch(opened);
    return opened;
  }

  /** A GPU that fails for a moment must not leave the session on the CPU for the life of its next worker. */
  #eligible(): readonly Provider[] {
    const { providers } = this.#spec;
    return this.#deaths < FAITHFUL_DEATHS
      ? providers.slice(0, providers.indexOf(this.#provider.chosen) + 1)
      : providers;
  }
}
