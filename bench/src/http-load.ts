/** Many small HTTP requests over kept connections, as a load test sends them: little of the machine's time is the client's. */
import { Agent, request } from "node:http";

export interface Shot {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly ms: number;
}

export interface Load {
  readonly perSecond: number;
  /** Milliseconds of each request, ascending. */
  readonly latencies: readonly number[];
}

export class HttpLoad implements Disposable {
  readonly #agent: Agent;
  readonly #origin: URL;
  readonly #callers: number;

  /** @param callers connections, each with one request at a time. */
  constructor(origin: string, callers: number) {
    this.#origin = new URL(origin);
    this.#callers = callers;
    this.#agent = new Agent({ keepAlive: true, maxSockets: callers });
  }

  /** @throws Error if the connection fails. */
  send({ method, path, headers, body }: Shot): Promise<Answered> {
    const from = performance.now();
    return new Promise((resolve, reject) => {
      const { hostname: host, port } = this.#origin;
      const call = request({ agent: this.#agent, host, port, method, path, headers: { ...headers } }, (response) => {
        response.resume();
        response.once("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, ms: performance.now() - from }),
        );
        response.once("error", reject);
      });
      call.once("error", reject);
      call.end(body);
    });
  }

  /** Sends `count` requests, all callers at work. @throws Error if one is not answered with 2xx. */
  async run(count: number, shot: (i: number) => Shot, onAnswer?: (answer: Answered, i: number) => void): Promise<Load> {
    const latencies: number[] = [];
    let next = 0;
    const caller = async (): Promise<void> => {
      while (next < count) {
        const i = next++;
        const answer = await this.send(shot(i));
        if (answer.status < 200 || answer.status > 299) throw new Error(`a request was answered with ${answer.status}`);
        latencies.push(answer.ms);
        onAnswer?.(answer, i);
      }
    };
    const from = performance.now();
    await Promise.all(Array.from({ length: this.#callers }, caller));
    const seconds = (performance.now() - from) / 1000;
    return { perSecond: count / seconds, latencies: latencies.sort((a, b) => a - b) };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** @param sorted ascending. @param share 0…1. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
