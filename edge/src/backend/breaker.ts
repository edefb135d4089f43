/**
 * A circuit breaker (Nygard, Release It!, ch. 5) of one origin, in one isolate: three failures in a row, and the origin is
 * left alone for a minute; then one call at a time tries it, until one succeeds.
 */

const FAILURES_TO_OPEN = 3;
const OPEN_MS = 60_000;
const PROBE_MS = 1000;

/** What a call is told to say afterwards, once. A call that cannot tell says `unknown`. */
export type Verdict = "alive" | "failed" | "unknown";
export type Report = (verdict: Verdict) => void;

export class Breaker {
  #failures = 0;
  #closedAgainAt = 0;
  #isProbed = false;
  readonly #now: () => number;
  readonly #onOpen: () => void;

  /**
   * @param now milliseconds.
   * @param onOpen told each time that it opens, also again because the call that tried has failed too.
   */
  constructor(now: () => number, onOpen: () => void = () => undefined) {
    this.#now = now;
    this.#onOpen = onOpen;
  }

  /** When the next call is let through, in milliseconds from now: 0 while closed. */
  get waitMs(): number {
    return this.#isOpen ? Math.max(0, this.#closedAgainAt - this.#now()) : 0;
  }

  /** When it is worth asking again, in milliseconds from now: a call that tries the origin will soon be back. */
  get askAgainMs(): number {
    return this.#isProbed ? Math.min(PROBE_MS, this.waitMs) : this.waitMs;
  }

  /** @returns undefined if the origin is not to be called now. */
  admit(): Report | undefined {
    if (!this.#isOpen) return (verdict) => this.#settle(verdict);
    if (this.waitMs > 0) return undefined;
    // A probe may end without a word, when its own request is cancelled: the next one is due after a while all the same.
    const until = this.#open();
    this.#isProbed = true;
    return (verdict) => {
      this.#isProbed = false;
      if (verdict !== "unknown") this.#settle(verdict, true);
      else if (this.#closedAgainAt === until) this.#closedAgainAt = this.#now();
    };
  }

  get #isOpen(): boolean {
    return this.#failures >= FAILURES_TO_OPEN;
  }

  #settle(verdict: Verdict, isProbe = false): void {
    if (verdict === "alive") this.#failures = 0;
    // Calls that were under way when it opened must not keep it open.
    if (verdict !== "failed" || (this.#isOpen && !isProbe)) return;
    this.#failures++;
    if (!this.#isOpen) return;
    this.#open();
    this.#onOpen();
  }

  #open(): number {
    this.#closedAgainAt = this.#now() + OPEN_MS;
    return this.#closedAgainAt;
  }
}
