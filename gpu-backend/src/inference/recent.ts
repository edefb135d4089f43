/** The last few values of a measurement and their percentiles: a bounded window, oldest overwritten first. */
export class Recent {
  readonly #values: Float64Array;
  #count = 0;

  constructor(size: number) {
    this.#values = new Float64Array(size);
  }

  add(value: number): void {
    this.#values[this.#count++ % this.#values.length] = value;
  }

  /** Nearest rank. @param p in (0, 1]. @returns 0 if nothing was added. */
  percentile(p: number): number {
    const sorted = this.#values.slice(0, Math.min(this.#count, this.#values.length)).sort();
    return sorted[Math.ceil(p * sorted.length) - 1] ?? 0;
  }
}
