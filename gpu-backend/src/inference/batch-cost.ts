/** How long a batch of n entries will take, learnt from those that ran. */

/** Weight of the past per new batch: about the last ten batches count. */
const MEMORY = 0.9;

/**
 * Time = base + slope · n, an exponentially weighted least-squares line: on a GPU the base dominates, on a CPU the
 * slope, and a plain average would mistake a run of small batches for the cost of a full one.
 */
export class BatchCost {
  #weight = 0;
  #n = 0;
  #ms = 0;
  #nn = 0;
  #nms = 0;

  observe(n: number, ms: number): void {
    this.#weight = this.#weight * MEMORY + 1;
    this.#n = this.#n * MEMORY + n;
    this.#ms = this.#ms * MEMORY + ms;
    this.#nn = this.#nn * MEMORY + n * n;
    this.#nms = this.#nms * MEMORY + n * ms;
  }

  /** @returns milliseconds; 0 before the first batch. */
  estimate(n: number): number {
    if (this.#weight === 0) return 0;
    const spread = this.#nn * this.#weight - this.#n ** 2;
    const proportional = (this.#ms / this.#n) * n;
    // Batches of (nearly) one size say nothing about the slope.
    if (spread < 1e-6 * this.#n ** 2) return proportional;
    const slope = Math.max(0, (this.#nms * this.#weight - this.#n * this.#ms) / spread);
    const base = (this.#ms - slope * this.#n) / this.#weight;
    return base < 0 ? proportional : base + slope * n;
  }
}
