/** The Qdrant double as a server, which can be made to fail, and what has been asked of it. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { QdrantDouble } from "@sightline/shared/testing/qdrant/double";

interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

/**
 * `reset`: the connection breaks before the request is looked at; `lost`: after it was done; `hang`: nothing ever comes;
 * `slow`: the answer comes after half a second.
 */
type Fault =
  | "reset"
  | "lost"
  | "hang"
  | "slow"
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export interface QdrantServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Decides for each request; undefined lets it pass. */
  failWith(fault: (asked: Asked) => Fault | undefined): void;
  close(): Promise<void>;
}

export async function startQdrant(options: ConstructorParameters<typeof QdrantDouble>[0] = {}): Promise<QdrantServer> {
  const double = new QdrantDouble(options);
  const asked: Asked[] = [];
  let faultOf: (asked: Asked) => Fault | undefined = () => undefined;

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = { method: request.method ?? "", path: request.url ?? "", body: await text(request) };
    asked.push(one);
    const fault = faultOf(one);
    if (fault === "hang") return;
    if (fault === "reset") {
      request.socket.destroy();
    } else if (typeof fault === "object") {
      response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers }).end(fault.body);
    } else {
      if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, 500));
      const answer = await double.fetch(toRequest(request, one));
      if (fault === "lost") request.socket.destroy();
      else response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
    }
  };

  const server = createServer((request, response) => void respond(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    failWith: (fault) => {
      faultOf = fault;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function toRequest(request: IncomingMessage, { method, path, body }: Asked): Request {
  const apiKey = request.headers["api-key"];
  return new Request(`http://qdrant.test${path}`, {
    method,
    ...(typeof apiKey === "string" && { headers: { "api-key": apiKey } }),
    ...(method !== "GET" && { body }),
  });
}
