/** A real HTTP server for files, with ranges as servers should have them, that can be told to misbehave. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How one request is answered. `serve` is the proper answer. */
export type Answer = (response: ServerResponse, request: Exchange, serve: () => void) => void;

interface Exchange {
  readonly path: string;
  readonly range: string | undefined;
  readonly body: Buffer;
}

export interface FileServer {
  readonly origin: URL;
  /** By path, with its slash. */
  readonly files: Map<string, Buffer>;
  /** In order of arrival. */
  readonly requests: readonly Exchange[];
  /** The next requests are answered so, one each; then properly again. */
  next(...answers: readonly Answer[]): void;
  /** All requests are answered so. */
  always(answer: Answer): void;
  /** Breaks the connection of the request that was last answered, as a router does that loses power. */
  reset(): void;
  close(): Promise<void>;
}

export async function startFileServer(): Promise<FileServer> {
  const files = new Map<string, Buffer>();
  const requests: Exchange[] = [];
  const queue: Answer[] = [];
  let last: ServerResponse | undefined;
  let usual: Answer = (_response, _request, serve) => serve();

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://files").pathname;
    const body = files.get(path);
    if (!body) {
      response.writeHead(404).end("not here");
      return;
    }
    const exchange: Exchange = { path, range: request.headers.range, body };
    requests.push(exchange);
    last = response;
    const answer = queue.shift() ?? usual;
    answer(response, exchange, () => serve(request, response, body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: new URL(`http://127.0.0.1:${port}`),
    files,
    requests,
    next: (...answers) => queue.push(...answers),
    always: (answer) => {
      usual = answer;
    },
    reset: () => last?.socket?.resetAndDestroy(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function serve({ headers }: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) {
    response.writeHead(200, { "content-length": body.length }).end(body);
  } else if (from >= body.length) {
    response.writeHead(416, { "content-range": `bytes */${body.length}` }).end();
  } else {
    const range = `bytes ${from}-${body.length - 1}/${body.length}`;
    response.writeHead(206, { "content-length": body.length - from, "content-range": range }).end(body.subarray(from));
  }
}

/** Sends `bytes` of the file and then nothing, and does not end. */
export const stallAfter =
  (bytes: number): Answer =>
  (response, { body }) => {
    response.writeHead(200, { "content-length": body.length });
    response.write(body.subarray(0, bytes));
  };

/** Ends early as if that were all. */
export const truncateAt =
  (bytes: number): Answer =>
  (response, { body }) => {
    response.writeHead(200).end(body.subarray(0, bytes));
  };

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(code, headers).end("an error page");
  };
