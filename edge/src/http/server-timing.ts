/** Where a request's time went, for the `Server-Timing` header (W3C Server Timing). Milliseconds. */
const PHASES = ["auth", "limit", "cache", "decode", "queue", "inference", "search", "total"] as const;
export type Phase = (typeof PHASES)[number];

export class ServerTiming {
  readonly #spent = new Map<Phase, number>();
  readonly #start: number;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#start = now();
  }

  add(phase: Phase, ms: number): void {
    this.#spent.set(phase, (this.#spent.get(phase) ?? 0) + ms);
  }

  async measure<T>(phase: Phase, work: Promise<T>): Promise<T> {
    const from = this.#now();
    try {
      return await work;
    } finally {
      this.add(phase, this.#now() - from);
    }
  }

  toHeader(): string {
    this.#spent.set("total", this.#now() - this.#start);
    return PHASES.flatMap((phase) => {
      const ms = this.#spent.get(phase);
      return ms === undefined ? [] : [`${phase};dur=${Math.round(ms * 10) / 10}`];
    }).join(", ");
  }
}
