/**
 * An OTLP/HTTP receiver for tests. `GET /spans` gives what it was sent, as JSON, `GET /faults` what it could not read. Modes: up,
 * hang, refuse.
 */
import { buffer } from "node:stream/consumers";
import { startModal, type TestServer } from "./modal-server.ts";
import { type ReceivedSpan, spansOf } from "./otlp-spans.ts";

export function startOtlpReceiver(): Promise<TestServer> {
  const spans: ReceivedSpan[] = [];
  const faults: string[] = [];
  return startModal("up", async (mode, request, response) => {
    if (request.url === "/spans") response.end(JSON.stringify(spans));
    else if (request.url === "/faults") response.end(JSON.stringify(faults));
    else if (mode === "hang") request.resume();
    else if (mode === "refuse") response.writeHead(503).end();
    else {
      const body = await buffer(request);
      const type = request.headers["content-type"];
      try {
        if (request.method !== "POST" || request.url !== "/v1/traces")
          throw new Error(`${request.method} ${request.url}`);
        spans.push(...spansOf(type, body));
        // An empty message, in either encoding.
        response.writeHead(200, { "content-type": type }).end(type === "application/json" ? "{}" : "");
      } catch (error) {
        faults.push(String(error));
        response.writeHead(400).end();
      }
    }
  });
}
