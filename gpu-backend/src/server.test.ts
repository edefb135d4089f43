/** The internal API with the built-in model, the embedded store and real pictures. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { dot, vectorFromBytes } from "@sightline/shared/vectors";
import { pino } from "pino";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createImageFetcher } from "./media/fetch-image.ts";
import { createIntake } from "./media/intake.ts";
import { loadRegistry } from "./models/registry.ts";
import { Replica } from "./replica.ts";
import { openEmbeddedStore } from "./retrieval/embedded-store.ts";
import { createServer } from "./server.ts";
import { SECRET, signedClient } from "./testing/signed-client.ts";
import { unobserved } from "./testing/telemetry.ts";

const now = () => performance.now();
const dataDir = mkdtempSync(join(tmpdir(), "sightline-server-"));
const replica = new Replica();
const server = createServer({
  config: { BACKEND_SECRET: SECRET },
  replica,
  intake: createIntake({
    fetchImage: createImageFetcher({ allowAddresses: ["127.0.0.1/32"], timeoutMs: 1000 }),
    decodeConcurrency: 2,
  }),
  ...unobserved(replica),
  log: pino({ level: "silent" }),
  now,
});
const call = signedClient((request) => server.fetch(request));

let model: { id: string; revision: string };
let pictures: Server;
let pictureUrl: string;
let redPng: Buffer;

const plain = (background: string, size = 90) =>
  sharp({ create: { width: size, height: size, channels: 3, background } });

beforeAll(async () => {
  const log = { info: () => undefined, warn: () => undefined };
  const [store, registry] = await Promise.all([
    openEmbeddedStore({ dataDir, log }),
    loadRegistry({
      modelsDirs: [join(import.meta.dirname, "../../models")],
      wanted: ["emoji-dual"],
      variants: ["int8"],
      engine: { providers: ["cpu"], threads: 1, maxImageBatch: 16, maxTextBatch: 16, maxPairBatch: 16, maxQueue: 256 },
      log,
      now,
    }),
  ]);
  replica.serve(registry, store);
  const served = [...registry.models.values()][0]?.served;
  model = { id: served?.id ?? "", revision: served?.revision ?? "" };
  redPng = await plain("red").png().toBuffer();
  pictures = createHttpServer((request, response) => {
    if (request.url === "/red.png") response.writeHead(200, { "content-type": "image/png" }).end(redPng);
    else if (request.url === "/to-metadata") response.writeHead(302, { location: "http://169.254.169.254/" }).end();
    else if (request.url === "/endless") {
      response.writeHead(200);
      const timer = setInterval(() => response.write(Buffer.alloc(1000)), 20);
      response.on("close", () => clearInterval(timer));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => pictures.listen(0, "127.0.0.1", resolve));
  pictureUrl = `http://127.0.0.1:${(pictures.address() as AddressInfo).port}`;
});

afterAll(async () => {
  pictures.closeAllConnections();
  await new Promise((resolve) => pictures.close(resolve));
  await replica.registry?.close();
  await replica.store.close();
  rmSync(dataDir, { recursive: true });
});

const embed = (inputs: readonly unknown[], options = {}) =>
  call("/internal/v1/embed", { model, lane: "interactive", inputs }, options);
const image = (bytes: Uint8Array) => ({ kind: "image", bytes });
const vectorAt = (body: { results: { embedding: Uint8Array }[] }, i: number) =>
  vectorFromBytes(body.results[i]?.embedding ?? new Uint8Array());

describe("a call", () => {
  it.each([
    ["without a token", undefined],
    ["with a token of nonsense", "Bearer abc"],
  ])("%s is refused", async (_, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await server.request("/internal/v1/embed", { method: "POST", headers, body: "x" });
    expect(response.status).toBe(401);
  });

  it("whose token is for another body, path or secret is refused", async () => {
    for (const options of [
      { signed: { body: new Uint8Array([1]) } },
      { signed: { path: "/internal/v1/items" } },
      { secret: "another secret of at least 32 bytes" },
    ]) {
      expect((await embed([{ kind: "text", text: "a" }], options)).status).toBe(401);
    }
  });

  it.each([
    ["announced", { "content-length": 40 * 2 ** 20 }],
    ["of no known length", { "transfer-encoding": "chunked" }],
  ])("without a valid token is refused before its body is there (%s)", async (_, length) => {
    const listening = createHttpServer(getRequestListener(server.fetch));
    listening.listen(0, "127.0.0.1");
    await once(listening, "listening");
    const { port } = listening.address() as AddressInfo;
    const headers = { authorization: "Bearer abc", ...length };
    const unfinished = httpRequest({ host: "127.0.0.1", port, method: "POST", path: "/internal/v1/embed", headers });
    unfinished.on("error", () => undefined);
    unfinished.write("the beginning");
    const [answer] = (await once(unfinished, "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(401);
    unfinished.destroy();
    listening.close();
  });

  it("for a model or revision that is not here is refused", async () => {
    const request = { model: { ...model, revision: "0" }, lane: "interactive", inputs: [] };
    const { status, body } = await call("/internal/v1/embed", request);
    expect([status, body.error.code]).toEqual([404, "model_not_found"]);
  });

  it("whose deadline is over ends as such", async () => {
    const { status, body } = await embed([{ kind: "image_url", url: `${pictureUrl}/endless` }], { deadlineMs: 30 });
    expect([status, body.error.code]).toEqual([504, "deadline_exceeded"]);
  });
});

describe("embedding", () => {
  it("gives the same picture the same vector in every format and orientation", async () => {
    const half = await plain("white", 120)
      .composite([{ input: await plain("red", 60).png().toBuffer(), left: 30, top: 0 }])
      .png()
      .toBuffer();
    const turned = await sharp(half).rotate(-90).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer();
    const variants = await Promise.all([
      half,
      sharp(half).webp({ lossless: true }).toBuffer(),
      sharp(half).avif({ quality: 95 }).toBuffer(),
      sharp(half).gif().toBuffer(),
      sharp(half).png({ palette: true }).toBuffer(),
      sharp(half).toColourspace("rgb16").png().toBuffer(),
      sharp(half).toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer(),
      turned,
    ]);
    const { body } = await embed(variants.map(image));
    const cosines = variants.map((_, i) => dot(vectorAt(body, 0), vectorAt(body, i)));
    expect(Math.min(...cosines)).toBeGreaterThan(0.97);
  });

  it("fails for one bad picture alone, and the process goes on", async () => {
    const { status, body } = await embed([
      image(redPng),
      image(redPng.subarray(0, 70)),
      image(new TextEncoder().encode("<svg/>")),
      { kind: "text", text: "apple" },
    ]);
    expect(status).toBe(200);
    expect(body.results.map((r: { status: string; error?: { code: string } }) => r.error?.code ?? r.status)).toEqual([
      "ok",
      "image_invalid",
      "image_format_unsupported",
      "ok",
    ]);
  });

  it("fetches a picture by URL, and refuses redirects to addresses that are not public", async () => {
    const urls = ["red.png", "missing.png", "to-metadata"].map((path) => ({
      kind: "image_url",
      url: `${pictureUrl}/${path}`,
    }));
    const { body } = await embed([image(redPng), ...urls]);
    expect(dot(vectorAt(body, 0), vectorAt(body, 1))).toBeCloseTo(1, 5);
    expect(body.results[2].error.code).toBe("image_url_failed");
    expect(body.results[3].error.code).toBe("image_url_refused");
  });

  it("takes any text", async () => {
    const texts = ["", " ", "\u0000", "\ud800", "🍎", "苹果", "a".repeat(8000), "\u202e"];
    const { body } = await embed(texts.map((text) => ({ kind: "text", text })));
    expect(body.results.map((r: { status: string }) => r.status)).toEqual(texts.map(() => "ok"));
  });
});

describe("items", () => {
  it("are stored with a thumbnail, for the token's tenant alone", async () => {
    const collection = "things";
    const items = [
      { id: "red", metadata: { n: 1 }, source: image(redPng) },
      { id: "apple", metadata: {}, source: { kind: "text", text: "apple" } },
      { id: "bad", metadata: {}, source: image(new Uint8Array([1, 2, 3])) },
    ];
    const written = await call("/internal/v1/items", { model, collection, pictures: true, items });
    expect(written.body.results.map((r: { status: string }) => r.status)).toEqual(["stored", "stored", "failed"]);
    expect((await sharp(written.body.results[0].picture).metadata()).format).toBe("webp");

    const space = { ...model, dims: 256 };
    const count = { op: "count", space, collection };
    expect((await call("/internal/v1/store", count)).body).toEqual({ text: 1, image: 1 });
    expect((await call("/internal/v1/store", count, { tenant: "rival" })).body).toEqual({ text: 0, image: 0 });
  });
});

describe("readiness", () => {
  it("shows the models with their provider, and the store", async () => {
    const body = await (await server.request("/readyz")).json();
    expect(body).toMatchObject({
      status: "ok",
      phase: "serving",
      components: {
        models: { status: "ok", loaded: [{ id: "emoji-dual", image: { provider: { chosen: "cpu" } } }] },
        store: { status: "ok" },
      },
    });
  });

  it("is refused before anything is loaded", async () => {
    const starting = new Replica();
    const empty = createServer({
      config: { BACKEND_SECRET: SECRET },
      replica: starting,
      intake: () => Promise.reject(new Error("nothing is taken in")),
      ...unobserved(starting),
      log: pino({ level: "silent" }),
      now,
    });
    expect((await empty.request("/readyz")).status).toBe(503);
    expect((await empty.request("/healthz")).status).toBe(200);
    const early = signedClient((request) => empty.fetch(request));
    const { status, body } = await early("/internal/v1/models", {});
    expect([status, body.error.code]).toEqual([503, "backend_unavailable"]);
  });
});
