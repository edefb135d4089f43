/** Counts who is using something, so that it can be closed when the last one is done with it. */
export class Leases {
  #held = 0;
  #ended: PromiseWithResolvers<void> | undefined;

  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#held++;
    try {
      return await work();
    } finally {
      if (--this.#held === 0) this.#ended?.resolve();
    }
  }

  /** Resolves when nobody holds it. Call it once no new holder can come. */
  async ended(): Promise<void> {
    if (this.#held === 0) return;
    this.#ended ??= Promise.withResolvers();
    await this.#ended.promise;
  }
}
