/** Lets work pass side by side, and now and then one piece alone: that waits for what is under way, and what comes later waits for it. */
export class Gate {
  readonly #underWay = new Set<Promise<unknown>>();
  #alone: Promise<void> | undefined;

  async pass<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone !== undefined) await this.#alone;
    const result = work();
    this.#underWay.add(result);
    try {
      return await result;
    } finally {
      this.#underWay.delete(result);
    }
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone !== undefined) await this.#alone;
    const done = Promise.withResolvers<void>();
    this.#alone = done.promise;
    try {
      await Promise.allSettled(this.#underWay);
      return await work();
    } finally {
      this.#alone = undefined;
      done.resolve();
    }
  }
}
