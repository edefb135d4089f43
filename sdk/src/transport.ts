/** One call to the API: its headers, its tries, its time. */
import { ConnectionError, errorFromResponse, SightlineError, TimeoutError } from "./errors.ts";
import { isGone, isHeldByEarlierTry, mayHaveBeenDone, retryDelay } from "./retry.ts";

/** What any call may be told. */
export interface CallOptions {
  /** Ends the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long one try may take; 60 s unless said. */
  readonly timeoutMs?: number | undefined;
  /** How often a call that failed for a passing reason is tried again; 4 unless said. */
  readonly maxRetries?: number | undefined;
}

/** A try that failed, and how long is waited before the next one. */
export interface RetryNotice {
  readonly error: SightlineError;
  readonly delayMs: number;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the base URL, with its parts encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly json?: unknown;
  /** Carries an idempotency key, the same one in all its tries, so that it is done once. */
  readonly writes?: boolean;
  /** Of a DELETE: the answer if a later try finds nothing, since one before it, whose end nobody knows, has deleted it. */
  readonly ifGone?: Deleted;
}

/** What a call that deletes answers. */
export interface Deleted {
  /** How many there were to delete; 0 for a collection if the answer that told was lost, and it was found gone. */
  readonly deleted: number;
}

export interface TransportOptions extends Pick<CallOptions, "timeoutMs" | "maxRetries"> {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
  /** Told before each further try. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** @throws the signal's reason if it is aborted before the time is over. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

const TIMEOUT_MS = 60_000;
const MAX_RETRIES = 4;
/** The API frees the key of a write that it lost sight of after a minute: then the next try is carried out. */
const LONGEST_HOLD_MS = 65_000;

export class Transport {
  readonly #options: Required<Omit<TransportOptions, "onRetry">> & Pick<TransportOptions, "onRetry">;

  /** @throws SightlineError if the base URL is none, or the key cannot be sent. */
  constructor({ timeoutMs, maxRetries, sleep, random, ...options }: TransportOptions) {
    if (!URL.canParse(options.baseUrl)) throw new SightlineError(`"${options.baseUrl}" is no URL`);
    // What no header may hold would look like a fault of the network.
    if (!/^[\x21-\x7e]+$/.test(options.apiKey)) throw new SightlineError("The API key has characters that no key has");
    this.#options = {
      ...options,
      timeoutMs: timeoutMs ?? TIMEOUT_MS,
      maxRetries: maxRetries ?? MAX_RETRIES,
      sleep: sleep ?? sleepFor,
      random: random ?? Math.random,
    };
  }

  /** @throws ApiError, ConnectionError, the reason of the signal, or SightlineError if somebody else answered. */
  async json<T>(call: Call, options: CallOptions = {}): Promise<T> {
    return this.#untilAnswered(call, options, async (response) => {
      const body = await response.text();
      try {
        return JSON.parse(body) as T;
      } catch (cause) {
        const message = `${this.#options.baseUrl} gave no answer of Sightline's: is it the API's address, and no page of a proxy or a login?`;
        throw new SightlineError(message, { cause });
      }
    });
  }

  /** @throws as `json` does. */
  async bytes(call: Call, options: CallOptions = {}): Promise<Uint8Array> {
    return new Uint8Array(await this.#untilAnswered(call, options, (response) => response.arrayBuffer()));
  }

  async #untilAnswered<T>(call: Call, options: CallOptions, read: (response: Response) => Promise<T>): Promise<T> {
    const { maxRetries = this.#options.maxRetries } = options;
    const request = this.#requestOf(call);
    let mayBeDone = false;
    for (let [tries, failures, heldMs] = [1, 0, 0]; ; tries++) {
      try {
        return await this.#tryOnce(request, options, read);
      } catch (error) {
        if (call.ifGone && mayBeDone && isGone(error)) return call.ifGone as T;
        mayBeDone ||= mayHaveBeenDone(error);
        const isHeld = isHeldByEarlierTry(error);
        if (!isHeld) failures++;
        const isWorthIt = isHeld ? maxRetries > 0 && heldMs < LONGEST_HOLD_MS : failures <= maxRetries;
        const delay = isWorthIt ? retryDelay(error, tries, this.#options.random) : undefined;
        if (delay === undefined) throw error;
        if (isHeld) heldMs += delay;
        this.#options.onRetry?.({ error: error as SightlineError, delayMs: delay });
        await this.#options.sleep(delay, options.signal);
      }
    }
  }

  #requestOf({ method, path, query = {}, json, writes = false }: Call): { url: URL; init: RequestInit } {
    const { baseUrl, apiKey } = this.#options;
    const url = new URL(baseUrl.replace(/\/*$/, path));
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers = {
      authorization: `Bearer ${apiKey}`,
      ...(json !== undefined && { "content-type": "application/json" }),
      ...(writes && { "idempotency-key": crypto.randomUUID() }),
    };
    return { url, init: { method, headers, ...(json !== undefined && { body: JSON.stringify(json) }) } };
  }

  /** The time covers the body of the answer too. */
  async #tryOnce<T>(
    { url, init }: { url: URL; init: RequestInit },
    { signal, timeoutMs = this.#options.timeoutMs }: CallOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await this.#options.fetch(url, {
        ...init,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      if (!response.ok) throw errorFromResponse(response, await response.text());
      return await read(response);
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof SightlineError) throw cause;
      const where = `${init.method} ${url.origin}${url.pathname}`;
      if (timeout.aborted) throw new TimeoutError(`${where} gave no answer within ${timeoutMs} ms`, { cause });
      throw new ConnectionError(`${where} cannot be reached: ${reasonOf(cause)}. Is it the right address?`, { cause });
    }
  }
}

/** Node's `fetch` says what went wrong in the cause of what it throws, or in the first of several. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}

function sleepFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
