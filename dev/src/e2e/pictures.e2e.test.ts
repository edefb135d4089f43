/** Every kind of picture that a caller may send, good and bad, at the public API. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateSync } from "node:zlib";
import { forgePng } from "@sightline/shared/testing/png";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Stack, startStack } from "../testing/stack.ts";

/** A loopback address that the test's stack may fetch from; 127.0.0.1 stays refused. */
const PICTURE_HOST = "127.0.0.2";

let stack: Stack;
let pictures: Server;
let pictureUrl: string;
let reference: readonly number[];

/** A red square on white: no orientation or colour mistake leaves its vector alone. */
const picture = async (): Promise<Sharp> => {
  const square = await sharp({ create: { width: 60, height: 40, channels: 3, background: "#d01010" } })
    .png()
    .toBuffer();
  const canvas = sharp({ create: { width: 120, height: 120, channels: 3, background: "#ffffff" } });
  return sharp(
    await canvas
      .composite([{ input: square, left: 8, top: 10 }])
      .png()
      .toBuffer(),
  );
};
const cut = (bytes: Buffer): Buffer => bytes.subarray(0, Math.floor(bytes.length * 0.7));
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

async function embed(image: string): Promise<{
  status: number;
  body: { data: { embedding: number[] }[]; error: { code: string; message: string; param: string } };
}> {
  const response = await fetch(`${stack.url}/v1/embeddings`, {
    method: "POST",
    headers: { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ input: { image } }),
  });
  return { status: response.status, body: await response.json() };
}

const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

beforeAll(async () => {
  const png = await (await picture()).png().toBuffer();
  pictures = createServer((request, response) => {
    const { url } = request;
    if (url === "/picture.png") response.writeHead(200, { "content-type": "image/png" }).end(png);
    else if (url === "/to-picture") response.writeHead(302, { location: "/picture.png" }).end();
    else if (url === "/to-private") response.writeHead(302, { location: "http://10.0.0.1/a.png" }).end();
    else if (url === "/to-itself") response.writeHead(302, { location: "/to-itself" }).end();
    else if (url === "/page") response.writeHead(200, { "content-type": "text/html" }).end("<html></html>");
    else if (url === "/huge") response.writeHead(200).end(Buffer.alloc(11 * 1024 * 1024));
    else if (url === "/endless") {
      response.writeHead(200);
      const timer = setInterval(() => response.write(Buffer.alloc(64)), 50);
      response.on("close", () => clearInterval(timer));
    } else if (url === "/missing") response.writeHead(404).end();
    // Anything else is never answered.
  });
  await new Promise<void>((resolve) => pictures.listen(0, PICTURE_HOST, resolve));
  pictureUrl = `http://${PICTURE_HOST}:${(pictures.address() as AddressInfo).port}`;
  stack = await startStack(inject("stackDir"), { FETCH_ALLOW_ADDRESSES: `${PICTURE_HOST}/32` });
  reference = (await embed(base64(png))).body.data[0]?.embedding ?? [];
});
afterAll(async () => {
  pictures.closeAllConnections();
  pictures.close();
  await stack?.end("SIGTERM");
});

describe("a good picture", () => {
  it.each([
    ["JPEG", (p: Sharp) => p.jpeg({ quality: 100, chromaSubsampling: "4:4:4" })],
    ["progressive JPEG", (p: Sharp) => p.jpeg({ quality: 100, progressive: true })],
    ["CMYK JPEG", (p: Sharp) => p.toColourspace("cmyk").jpeg({ quality: 100 })],
    ["JPEG turned by EXIF", (p: Sharp) => p.rotate(90).withMetadata({ orientation: 8 }).jpeg({ quality: 100 })],
    ["palette PNG", (p: Sharp) => p.png({ palette: true })],
    ["16-bit PNG", (p: Sharp) => p.toColourspace("rgb16").png()],
    ["interlaced PNG", (p: Sharp) => p.png({ progressive: true })],
    ["PNG with alpha", (p: Sharp) => p.ensureAlpha().png()],
    ["lossless WebP", (p: Sharp) => p.webp({ lossless: true })],
    ["AVIF", (p: Sharp) => p.avif({ quality: 95 })],
    ["GIF", (p: Sharp) => p.gif()],
  ])("as %s gives nearly the vector of the plain PNG", async (_, encode) => {
    const { status, body } = await embed(base64(await encode(await picture()).toBuffer()));
    expect(status).toBe(200);
    expect(cosine(body.data[0]?.embedding ?? [], reference)).toBeGreaterThan(0.97);
  });

  it.each(["gif", "webp"] as const)("that is animated (%s) counts by its first frame", async (format) => {
    const first = await (await picture()).png().toBuffer();
    const second = await sharp({ create: { width: 120, height: 120, channels: 3, background: "#0000ff" } })
      .png()
      .toBuffer();
    const animated = await sharp([first, second], { join: { animated: true } })
      .toFormat(format)
      .toBuffer();
    expect((await sharp(animated).metadata()).pages).toBe(2);
    const { body } = await embed(base64(animated));
    expect(cosine(body.data[0]?.embedding ?? [], reference)).toBeGreaterThan(0.97);
  });

  it("is fetched by URL, also through a redirect", async () => {
    for (const path of ["/picture.png", "/to-picture"]) {
      const { body } = await embed(pictureUrl + path);
      expect(cosine(body.data[0]?.embedding ?? [], reference)).toBeCloseTo(1, 5);
    }
  });
});

describe("a bad picture", () => {
  it.each([
    ["a truncated JPEG", async () => cut(await (await picture()).jpeg().toBuffer()), "image_invalid"],
    ["a truncated PNG", async () => cut(await (await picture()).png().toBuffer()), "image_invalid"],
    ["a zero-sized PNG", async () => forgePng({ width: 0, height: 0, pixels: new Uint8Array() }), "image_invalid"],
    [
      "30 000 × 30 000 pixels",
      async () => forgePng({ width: 30_000, height: 30_000, pixels: deflateSync(Buffer.alloc(1000)) }),
      "image_too_many_pixels",
    ],
    [
      "a PNG that unpacks to 2 GB",
      async () => forgePng({ width: 26_000, height: 26_000, pixels: deflateSync(Buffer.alloc(50_000_000)) }),
      "image_too_many_pixels",
    ],
    [
      "a PNG that holds more than it says",
      async () => forgePng({ width: 10, height: 10, pixels: deflateSync(Buffer.alloc(50_000_000)) }),
      undefined,
    ],
    ["an SVG", async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), "image_format_unsupported"],
    ["a TIFF", async () => (await picture()).tiff().toBuffer(), "image_format_unsupported"],
  ])("that is %s costs one 4xx at most", async (_, make, code) => {
    const { status, body } = await embed(base64(await make()));
    if (code === undefined) expect([200, 400]).toContain(status);
    else
      expect([status, body.error.code, body.error.param]).toEqual([
        400,
        code,
        code === "image_format_unsupported" ? "input.image" : "input",
      ]);
    expect((await embed(base64(await (await picture()).png().toBuffer()))).status).toBe(200);
  });

  it.each([
    ["/missing", "image_url_failed"],
    ["/page", "image_format_unsupported"],
    ["/huge", "image_too_large"],
    ["/to-private", "image_url_refused"],
    ["/to-itself", "image_url_failed"],
    ["/endless", "image_url_failed"],
    ["/silent", "image_url_failed"],
  ])("at the URL %s is refused", async (path, code) => {
    const { status, body } = await embed(pictureUrl + path);
    expect([status, body.error.code, body.error.param]).toEqual([400, code, "input"]);
  });

  it("at this machine's other addresses is refused without saying why", async () => {
    const { body } = await embed(pictureUrl.replace(PICTURE_HOST, "127.0.0.1"));
    expect(body.error.code).toBe("image_url_refused");
    expect(body.error.message).not.toContain("127.0.0.1");
  });
});
