/** Where a request's time went, for the `Server-Timing` header (W3C Server Timing). Milliseconds. */
import type { Timings } from "@sightline/shared/internal/protocol";

const PHASES = ["auth", "limit", "cache", "decode", "queue", "inference", "search", "total"] as const;
export type Phase = (typeof PHASES)[number];

export class ServerTiming {
  readonly #spent = new Map<Phase, number>();
  readonly #descriptions = new Map<Phase, string>();
  readonly #start: number;
  readonly #now: () => number;
  readonly #onPhase: (phase: Phase, from: number, to: number) => void;

  /** @param onPhase hears of each stretch that was measured here, by the same clock. */
  constructor(
    now: () => number = Date.now,
    onPhase: (phase: Phase, from: number, to: number) => void = () => undefined,
  ) {
    this.#now = now;
    this.#onPhase = onPhase;
    this.#start = now();
  }

  add(phase: Phase, ms: number): void {
    this.#spent.set(phase, (this.#spent.get(phase) ?? 0) + ms);
  }

  /** @param text printable ASCII without quotation marks and backslashes: it becomes a quoted-string of RFC 9110. */
  describe(phase: Phase, text: string): void {
    this.#descriptions.set(phase, text);
  }

  /** Where the backend says its time went. */
  addBackend({ decodeMs, queueMs, inferenceMs }: Timings): void {
    this.add("decode", decodeMs);
    this.add("queue", queueMs);
    this.add("inference", inferenceMs);
  }

  async measure<T>(phase: Phase, work: Promise<T>): Promise<T> {
    const from = this.#now();
    try {
      return await work;
    } finally {
      const to = this.#now();
      this.add(phase, to - from);
      this.#onPhase(phase, from, to);
    }
  }

  /** Milliseconds by phase, to a tenth; `total` is up to now. */
  spent(): Readonly<Partial<Record<Phase, number>>> {
    this.#spent.set("total", this.#now() - this.#start);
    const known = PHASES.flatMap((phase) => {
      const ms = this.#spent.get(phase);
      return ms === undefined ? [] : [[phase, Math.round(ms * 10) / 10] as const];
    });
    return Object.fromEntries(known);
  }

  toHeader(): string {
    return Object.entries(this.spent())
      .map(([phase, ms]) => {
        const description = this.#descriptions.get(phase as Phase);
        return `${phase};dur=${ms}${description === undefined ? "" : `;desc="${description}"`}`;
      })
      .join(", ");
  }
}
