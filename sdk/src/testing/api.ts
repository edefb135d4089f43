/**
 * A server that speaks as much of the API as indexing needs and misbehaves as it is told: faults happen when the test says,
 * which the real one would not do. The real one is in `edge/src/sdk.test.ts` and `dev/src/e2e/sdk.e2e.test.ts`.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

interface Upsert {
  readonly items: readonly { readonly id: string; readonly text?: string }[];
}

type Fault = (response: ServerResponse) => void;

export interface FakeApi {
  readonly url: string;
  /** Ids in the order in which they were stored. */
  readonly stored: string[];
  /** Upserts so far, refused ones too. */
  calls: number;
  /** When the collection was made. */
  createdAt: string;
  /** All other calls, as `PATCH /path {…}`. */
  readonly asked: string[];
  /** Taken from the front: undefined lets an upsert through. */
  readonly faults: (Fault | undefined)[];
  /** The same, of all other calls. */
  readonly readFaults: (Fault | undefined)[];
  close(): Promise<void>;
}

export const refusal =
  (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Fault =>
  (response) => {
    const error = { type: "t", code, message: `It is ${code}.`, param: null, request_id: "req_12345678" };
    response.writeHead(status, { "x-request-id": "req_12345678", ...headers }).end(JSON.stringify({ error }));
  };

/** Items whose text is «bad» are refused one by one. */
export async function startFakeApi(): Promise<FakeApi> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await json(request).catch(() => ({}));
      if (!request.url?.endsWith("/items")) {
        api.asked.push(`${request.method} ${request.url} ${JSON.stringify(body)}`);
        const fault = api.readFaults.shift();
        if (fault) return fault(response);
        response.end(JSON.stringify({ name: "c", created_at: api.createdAt, data: [], tenant: "acme", plan: "free" }));
        return;
      }
      api.calls++;
      const fault = api.faults.shift();
      if (fault) return fault(response);
      const results = (body as Upsert).items.map(({ id, text }, i) => {
        if (text === "bad") {
          const error = { code: "empty_input", message: `items[${i}].text: it is bad`, param: `items[${i}].text` };
          return { id, status: "failed", error };
        }
        api.stored.push(id);
        return { id, status: "stored" };
      });
      response.end(JSON.stringify({ succeeded: 0, failed: 0, results }));
    })();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const api: FakeApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stored: [],
    calls: 0,
    createdAt: "2026-01-01T00:00:00Z",
    asked: [],
    faults: [],
    readFaults: [],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return api;
}
