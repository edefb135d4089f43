/**
 * Requests to one Qdrant: tried again where that can help, within the time that the call has, answers parsed, faults turned
 * into ApiError. Holds no connection itself, so that it may live as long as an isolate.
 */
import { QdrantClient } from "@qdrant/js-client-rest";
import { z } from "zod";
import { delay } from "../../delay.ts";
import { ApiError } from "../../errors.ts";
import { explain, type QdrantFault } from "./faults.ts";
import { unsupported } from "./version.ts";

interface QdrantAddress {
  /** Port 6333 unless it names one. A path is put before Qdrant's own. */
  readonly url: string;
  readonly apiKey?: string | undefined;
}

/** The time that one call of the port has, for all its requests and their tries. */
export interface Budget {
  readonly signal: AbortSignal;
  /** That go with each request, beside the client's own. */
  readonly headers?: ExtraHeaders | undefined;
  remainingMs(): number;
}

export type ExtraHeaders = Readonly<Record<string, string>>;

export function budgetOf(ms: number, headers?: ExtraHeaders): Budget {
  const end = Date.now() + ms;
  return { signal: AbortSignal.timeout(Math.max(1, ms)), headers, remainingMs: () => end - Date.now() };
}

type Api = ReturnType<QdrantClient["api"]>;
/** One request by the client's generated functions, which take fetch's options as their second argument. */
export type QdrantRequest = (
  api: Api,
  init: { readonly signal: AbortSignal; readonly headers: ExtraHeaders },
) => Promise<{ readonly data: unknown }>;

interface ConnectionParts {
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
  /** A read that takes longer is tried again. A write is given all the time there is: it may still be at work. */
  readonly readTryMs?: number;
}

const MAX_TRIES = 3;
/** The longest wait before the second try; twice that before the third. */
const BACKOFF_MS = 200;

const Root = z.object({ version: z.string() });
/** Every answer but that of `/`. */
const Envelope = z.object({ result: z.unknown() });

export class QdrantConnection {
  readonly #api: Api;
  readonly #random: () => number;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #readTryMs: number;

  /** @throws Error if the URL is none. */
  constructor(address: QdrantAddress, { random = Math.random, sleep = delay, readTryMs = 5000 }: ConnectionParts = {}) {
    this.#api = new QdrantClient(clientOptions(address)).api();
    this.#random = random;
    this.#sleep = sleep;
    this.#readTryMs = readTryMs;
  }

  /** @throws QdrantError */
  read<T>(request: QdrantRequest, answer: z.ZodType<T>, budget: Budget): Promise<T> {
    return this.#ask(request, Envelope, budget, this.#readTryMs).then(({ result }) => parse(answer, result));
  }

  /**
   * A read whose work grows with the collection: it may last as long as the call, and is not tried again, since the next try would
   * last as long. @throws QdrantError
   */
  readOnce<T>(request: QdrantRequest, answer: z.ZodType<T>, budget: Budget): Promise<T> {
    return this.#ask(request, Envelope, budget, undefined, 1).then(({ result }) => parse(answer, result));
  }

  /** The write has to be idempotent: a try whose answer got lost may have been done. @throws QdrantError */
  write<T>(request: QdrantRequest, answer: z.ZodType<T>, budget: Budget): Promise<T> {
    return this.#ask(request, Envelope, budget).then(({ result }) => parse(answer, result));
  }

  /** @returns the server's version. @throws QdrantError, also if it is not a supported one. */
  async version(budget: Budget): Promise<string> {
    const { version } = await this.#ask((api, init) => api.root({}, init), Root, budget, this.#readTryMs);
    const fault = unsupported(version);
    if (fault) throw new QdrantError({ message: fault, isTransient: false });
    return version;
  }

  async #ask<T>(
    request: QdrantRequest,
    answer: z.ZodType<T>,
    budget: Budget,
    tryMs?: number,
    maxTries = MAX_TRIES,
  ): Promise<T> {
    for (let tries = 1; ; tries++) {
      const signal = tryMs === undefined ? budget.signal : AbortSignal.any([budget.signal, AbortSignal.timeout(tryMs)]);
      try {
        return answer.parse((await request(this.#api, { signal, headers: budget.headers ?? {} })).data);
      } catch (error) {
        const fault = explain(error);
        const waitMs = fault.retryAfterSeconds
          ? fault.retryAfterSeconds * 1000
          : this.#random() * BACKOFF_MS * 2 ** (tries - 1);
        if (!fault.isTransient || tries === maxTries || budget.remainingMs() <= waitMs) {
          throw new QdrantError(fault, error);
        }
        await this.#sleep(waitMs);
      }
    }
  }
}

/** What every failed request becomes. Those who cannot make something of the fault let it go up as what it is: 503. */
export class QdrantError extends ApiError {
  readonly fault: QdrantFault;

  constructor(fault: QdrantFault, original?: unknown) {
    super("store_unavailable", {
      cause: new Error(`Qdrant: ${fault.message}`, { cause: original }),
      ...(fault.retryAfterSeconds !== undefined && { retryAfterSeconds: fault.retryAfterSeconds }),
    });
    this.fault = fault;
  }
}

function parse<T>(answer: z.ZodType<T>, result: unknown): T {
  const parsed = answer.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new QdrantError(explain(parsed.error), parsed.error);
}

/** 6333 unless the URL names one, be it the scheme's own, which `URL` forgets. */
export function qdrantPort(url: string): number {
  return Number(/^https?:\/\/[^/]*:(\d+)(?:\/|$)/.exec(url)?.[1] ?? 6333);
}

/** By parts: of a whole URL the client (1.19.0) drops the path, and takes 6333 for a port that is the scheme's default. */
function clientOptions({ url, apiKey }: QdrantAddress): ConstructorParameters<typeof QdrantClient>[0] {
  const { protocol, hostname, pathname } = new URL(url);
  return {
    host: hostname,
    https: protocol === "https:",
    port: qdrantPort(url),
    prefix: pathname.replace(/\/$/, ""),
    ...(apiKey !== undefined && { apiKey }),
    // Its timeout is the same for every request and would replace our signal.
    timeout: Number.POSITIVE_INFINITY,
    // Ours tells more, and does not ask when nobody waits for it.
    checkCompatibility: false,
  };
}
