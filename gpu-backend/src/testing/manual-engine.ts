/** A clock that stands still until told, and an engine that finishes a batch when told: for tests of scheduling. */
import { setImmediate } from "node:timers/promises";

export class ManualEngine<In> {
  /** Every batch that was started, in order. */
  readonly batches: (readonly In[])[] = [];
  #clockMs = 0;
  #running: PromiseWithResolvers<readonly In[]> | undefined;

  readonly now = (): number => this.#clockMs;

  /** Echoes its inputs. @throws Error if it is called while a batch runs. */
  readonly run = (batch: readonly In[]): Promise<readonly In[]> => {
    if (this.#running) throw new Error("the engine is busy");
    this.batches.push(batch);
    this.#running = Promise.withResolvers<readonly In[]>();
    return this.#running.promise;
  };

  get busy(): boolean {
    return this.#running !== undefined;
  }

  advance(ms: number): void {
    this.#clockMs += ms;
  }

  /** Ends the running batch `ms` later, and lets everything that waits for it happen. */
  async finish(ms = 0): Promise<void> {
    this.advance(ms);
    const running = this.#running;
    this.#running = undefined;
    running?.resolve(this.batches.at(-1) ?? []);
    await setImmediate();
  }

  async fail(error: Error): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.reject(error);
    await setImmediate();
  }
}
