/**
 * Ended spans on their way to an OTLP receiver, behind the answers. One call is under way at a time, and takes along what has
 * gathered during the last one. A receiver that is away or slow costs spans and never a request: they are not kept for it, and
 * no more than a bounded number waits.
 */
import { toOtlp } from "./otlp.ts";
import type { Attributes, EndedSpan } from "./span.ts";
import type { Recorder } from "./trace.ts";

const MAX_WAITING = 2048;
const MAX_BATCH = 512;
const TIMEOUT_MS = 5000;
/** After a failure. */
const PAUSE_MS = 5000;
/** One request sends for so long what others have left: the platform gives it 30 s after its answer. */
const TURN_MS = 10_000;

export interface ExporterOptions {
  /** As `OTEL_EXPORTER_OTLP_ENDPOINT` has it: the path of the signal is appended. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the traces that begin here, 0 to 1. */
  readonly ratio: number;
  readonly resource: Attributes;
  readonly fetch?: typeof fetch;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Lives as long as the isolate. */
export class SpanExporter implements Recorder {
  readonly ratio: number;
  readonly #url: string;
  readonly #options: ExporterOptions;
  readonly #now: () => number;
  #waiting: EndedSpan[] = [];
  /** A time and not a flag, which would stay set for ever when the request that sends is cancelled. */
  #silentUntil = Number.NEGATIVE_INFINITY;

  constructor(options: ExporterOptions) {
    this.ratio = options.ratio;
    this.#url = `${options.endpoint.replace(/\/$/, "")}/v1/traces`;
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Bound to the exporter. A span for which there is no room is lost. */
  readonly add = (span: EndedSpan): void => {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(span);
  };

  /** Sends what waits, unless another request is doing so or the receiver has just failed. Never rejects. */
  async flush(): Promise<void> {
    const from = this.#now();
    if (from < this.#silentUntil) return;
    while (this.#waiting.length > 0 && this.#now() - from < TURN_MS) {
      this.#silentUntil = this.#now() + TIMEOUT_MS;
      const fault = await this.#send(this.#waiting.splice(0, MAX_BATCH));
      this.#silentUntil = fault === undefined ? Number.NEGATIVE_INFINITY : this.#now() + PAUSE_MS;
      if (fault === undefined) continue;
      console.warn(JSON.stringify({ level: "warn", message: "spans could not be exported", cause: fault }));
      return;
    }
  }

  /** @returns why they were not taken, if they were not. */
  async #send(spans: readonly EndedSpan[]): Promise<string | undefined> {
    const { headers, resource, fetch: fetcher = fetch } = this.#options;
    try {
      const response = await fetcher(this.#url, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: toOtlp(spans, resource),
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `status ${response.status}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
