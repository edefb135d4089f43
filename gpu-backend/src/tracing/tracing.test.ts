/** The process and its receiver of spans; what the spans say is asked of the whole stack, in the edge's tests. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { killBackends, startBackend } from "../testing/backend-process.ts";
import { type SendOptions, signedClient } from "../testing/signed-client.ts";
import { writeTinyModel } from "../testing/tiny-model.ts";

const model = { id: "dual", revision: "1" };
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tracing-"));
  await writeTinyModel(join(dir, "models"), "dual");
});
afterAll(() => rm(dir, { recursive: true }));

let receiver: Server;
let isHanging: boolean;
let exports: { readonly path: string; readonly type: string; readonly key: unknown; readonly body: Buffer }[];
beforeEach(async () => {
  exports = [];
  isHanging = false;
  receiver = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { "content-type": type = "", "x-key": key } = request.headers;
    exports.push({ path: request.url ?? "", type, key, body: Buffer.concat(parts) });
    if (!isHanging) response.writeHead(200, { "content-type": type }).end();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
});
afterEach(async () => {
  await killBackends();
  receiver.closeAllConnections();
  receiver.close();
});

const started = (environment: Readonly<Record<string, string>>) =>
  startBackend({ MODELS_DIR: join(dir, "models"), DATA_DIR: join(dir, crypto.randomUUID()), ...environment });
const traced = (more: Readonly<Record<string, string>> = {}) => {
  return started({ OTEL_EXPORTER_OTLP_ENDPOINT: receiverUrl(), OTEL_TRACES_SAMPLER_ARG: "0", ...more });
};
const receiverUrl = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

const embed = ({ url }: { readonly url: string }, flags: "00" | "01", options: SendOptions = {}) =>
  signedClient((request) => {
    request.headers.set("traceparent", `00-${TRACE}-00f067aa0ba902b7-${flags}`);
    return fetch(request);
  }, url)("/internal/v1/embed", { model, lane: "interactive", inputs: [{ kind: "text", text: "a word" }] }, options);

async function end(child: Awaited<ReturnType<typeof started>>["child"]): Promise<unknown> {
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  return code;
}

describe("a backend that is told of a receiver", () => {
  it("has exported what it recorded when it ends, with the operator's headers", async () => {
    const backend = await traced({ OTEL_EXPORTER_OTLP_HEADERS: "x-key=of%20mine" });
    expect((await embed(backend, "01")).status).toBe(200);
    expect(await end(backend.child)).toBe(0);
    expect(exports).toMatchObject([{ path: "/v1/traces", type: "application/x-protobuf", key: "of mine" }]);
    expect(exports[0]?.body.includes(Buffer.from(TRACE, "hex"))).toBe(true);
  });

  it("exports nothing of a trace that nobody records, nor of one that its ratio leaves out", async () => {
    const backend = await traced();
    expect((await embed(backend, "00")).status).toBe(200);
    expect((await backend.call("/internal/v1/embed", { model, lane: "bulk", inputs: [] })).status).toBe(200);
    expect(await end(backend.child)).toBe(0);
    expect(exports).toEqual([]);
  });

  it("exports nothing of a call that is not signed by the edge, whatever it wants", async () => {
    const backend = await traced({ OTEL_TRACES_SAMPLER_ARG: "1" });
    expect((await embed(backend, "01", { secret: "another secret of at least 32 bytes" })).status).toBe(401);
    expect(await end(backend.child)).toBe(0);
    expect(exports).toEqual([]);
  });

  it("answers calls and ends well while the receiver never answers", async () => {
    isHanging = true;
    const backend = await traced();
    expect((await embed(backend, "01")).status).toBe(200);
    await expect.poll(() => exports.length, { timeout: 20_000 }).toBe(1);
    for (let i = 0; i < 5; i++) expect((await embed(backend, "01")).status).toBe(200);
    expect(await end(backend.child)).toBe(0);
  });

  it("answers calls and ends well while nothing listens there", async () => {
    const backend = await started({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" });
    for (let i = 0; i < 5; i++) expect((await embed(backend, "01")).status).toBe(200);
    expect(await end(backend.child)).toBe(0);
  });
});

it("a backend that is told of none exports nothing", async () => {
  // Where the SDK would find it, if it were at work.
  const backend = await started({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiverUrl()}/v1/traces` });
  expect((await embed(backend, "01")).status).toBe(200);
  expect(await end(backend.child)).toBe(0);
  expect(exports).toEqual([]);
});
