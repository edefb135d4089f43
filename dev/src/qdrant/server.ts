/** The Qdrant double as a server, for tests whose clients are in other processes. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { QdrantDouble } from "@sightline/shared/testing/qdrant/double";

interface QdrantServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startQdrantDouble(options: ConstructorParameters<typeof QdrantDouble>[0]): Promise<QdrantServer> {
  const double = new QdrantDouble(options);
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const headers = new Headers();
    for (const name of ["api-key", "content-type"]) {
      const value = request.headers[name];
      if (typeof value === "string") headers.set(name, value);
    }
    const answer = await double.fetch(
      new Request(`http://qdrant.test${request.url}`, {
        method: request.method ?? "GET",
        headers,
        ...(body.length > 0 && { body: new Uint8Array(body) }),
      }),
    );
    response
      .writeHead(answer.status, Object.fromEntries(answer.headers))
      .end(new Uint8Array(await answer.arrayBuffer()));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
