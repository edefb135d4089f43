/** A server of a test's world whose behaviour is set from outside, and which remembers the traces that asked it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

type Answer = (mode: string, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const REMEMBERED = 1000;

/** `PUT /mode/<mode>` sets its mode; `GET /asked` lists the last requests' paths with their `traceparent`, as JSON. */
export async function startModal(first: string, answer: Answer): Promise<TestServer> {
  let mode = first;
  const asked: { readonly path: string; readonly traceparent: string }[] = [];
  const server = createServer((request, response) => {
    const { url: path = "/", headers } = request;
    const wanted = /^\/mode\/(\S+)$/.exec(path)?.[1];
    if (wanted !== undefined) {
      mode = wanted;
      response.end();
    } else if (path === "/asked") response.end(JSON.stringify(asked));
    else {
      const { traceparent } = headers;
      if (traceparent !== undefined) asked.push({ path, traceparent: String(traceparent) });
      if (asked.length > REMEMBERED) asked.shift();
      void answer(mode, request, response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
