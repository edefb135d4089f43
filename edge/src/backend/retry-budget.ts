/**
 * A retry budget: tries beyond the first are paid from what calls have paid in, so that an outage adds at most a tenth to the
 * load, however many callers there are (Google, Site Reliability Engineering, ch. 21; the token bucket of Finagle).
 */

const DEPOSIT = 0.1;
/** What an isolate may spend without having earned it. Small: it bounds the burst when an origin goes away. */
const CAPACITY = 10;

export class RetryBudget {
  #balance = CAPACITY;

  deposit(): void {
    this.#balance = Math.min(CAPACITY, this.#balance + DEPOSIT);
  }

  /** @returns false if there must be no retry now. */
  withdraw(): boolean {
    // Ten deposits of 0.1 fall short of 1 by a rounding error.
    if (this.#balance < 1 - 1e-9) return false;
    this.#balance -= 1;
    return true;
  }
}
