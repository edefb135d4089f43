import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ModelFile } from "../manifest.ts";
import { type DownloadOptions, download } from "./download.ts";
import { MAX_FAILURES } from "./retry.ts";
import {
  type Answer,
  type FileServer,
  stallAfter,
  startFileServer,
  status,
  truncateAt,
} from "./testing/file-server.ts";
import { describeFile } from "./testing/model-to-pull.ts";
import { undisturbed } from "./testing/undisturbed.ts";

const BYTES = 300_000;
const body = randomBytes(BYTES);
const file = describeFile("onnx/image.onnx", body);
const PATH = "/m/image.onnx";

let server: FileServer;
let folder: string;
/** Reasons and waits of the tries that failed. */
let retries: { reason: string; waitMs: number }[];

beforeEach(async () => {
  server = await startFileServer();
  server.files.set(PATH, body);
  folder = await mkdtemp(join(tmpdir(), "down load "));
  retries = [];
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const parts = () => join(folder, ".partial");
const partPath = () => join(parts(), file.sha256);

function start(wanted: ModelFile = file, options: Partial<DownloadOptions> = {}): Promise<void> {
  return download(wanted, new URL(PATH, server.origin), folder, parts(), {
    ...undisturbed(),
    onProgress: () => {},
    onRetry: (reason, waitMs) => retries.push({ reason, waitMs }),
    ...options,
  });
}

/** Leaves the first bytes of the file as a killed process would. */
async function interruptAt(bytes: number): Promise<void> {
  server.next(stallAfter(bytes));
  const interrupted = new AbortController();
  const stopped = start(file, {
    signal: interrupted.signal,
    onProgress: (held) => held >= bytes && interrupted.abort("stop"),
  });
  await expect(stopped).rejects.toBe("stop");
  expect(await readFile(partPath())).toEqual(body.subarray(0, bytes));
}

async function expectWhole(): Promise<void> {
  expect((await readFile(join(folder, file.path))).equals(body)).toBe(true);
  expect(await readdir(parts())).toEqual([]);
}

async function expectNothing(): Promise<void> {
  expect(await readdir(folder)).not.toContain("onnx");
}

const ranges = () => server.requests.map((request) => request.range);

describe("a good server", () => {
  it("brings the file to its place and leaves nothing else", async () => {
    const seen: number[] = [];
    await start(file, { onProgress: (bytes) => seen.push(bytes) });
    await expectWhole();
    expect(seen.at(-1)).toBe(BYTES);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it("is followed to where it redirects", async () => {
    server.files.set("/elsewhere", body);
    server.next(status(302, { location: "/elsewhere" }));
    await start();
    await expectWhole();
  });

  it("that is slow, but never silent, is waited for", async () => {
    server.next(async (response, request) => {
      response.writeHead(200);
      for (let at = 0; at < BYTES; at += BYTES / 8) {
        response.write(request.body.subarray(at, at + BYTES / 8));
        await delay(250);
      }
      response.end();
    });
    await start(file, { stallMs: 1500 });
    await expectWhole();
    expect(retries).toEqual([]);
  });
});

describe("a download that broke off", () => {
  it.each<[string, Answer, RegExp]>([
    ["by an end that came too early", truncateAt(100_000), /ended after 100000 of 300000 bytes$/],
    ["by silence", stallAfter(100_000), /has sent nothing for 1 s$/],
  ])("%s goes on from there", async (_, broken, reason) => {
    server.next(broken);
    await start(file, { stallMs: 1000 });
    await expectWhole();
    expect(retries).toEqual([{ reason: expect.stringMatching(reason), waitMs: 500 }]);
    const [first, second] = ranges();
    expect(first).toBeUndefined();
    expect(second).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it("by a reset goes on from there", async () => {
    server.next(stallAfter(100_000));
    await start(file, { onProgress: (held) => held === 100_000 && retries.length === 0 && server.reset() });
    await expectWhole();
    expect(retries[0]!.reason).toMatch(/^the connection to 127\.0\.0\.1:\d+ broke \(/);
    expect(ranges()).toEqual([undefined, "bytes=100000-"]);
  });

  it("by an interruption goes on in the next run", async () => {
    await interruptAt(120_000);
    await expectNothing();
    await start();
    await expectWhole();
    expect(ranges()).toEqual([undefined, "bytes=120000-"]);
  });

  it("begins anew where a server knows no ranges", async () => {
    await interruptAt(120_000);
    server.next((response, request) => void response.writeHead(200).end(request.body));
    await start();
    await expectWhole();
  });

  it("is not continued with another file from the same address", async () => {
    await interruptAt(120_000);
    const other = randomBytes(BYTES);
    server.files.set(PATH, other);
    await start(describeFile(file.path, other));
    server.files.set(PATH, body);
    await start();
    await expectWhole();
    expect(ranges()).toEqual([undefined, undefined, "bytes=120000-"]);
  });

  it.each<[string, string]>([
    ["from another byte", `bytes 0-${BYTES - 1}/${BYTES}`],
    ["of a file of another size", "bytes 120000-399999/400000"],
    ["that cannot be read", "everything"],
  ])("begins anew where it is given a range %s", async (_, range) => {
    await interruptAt(120_000);
    server.next((response) => void response.writeHead(206, { "content-range": range }).end("x"));
    await start();
    await expectWhole();
    expect(ranges()).toEqual([undefined, "bytes=120000-", undefined]);
  });

  it("begins anew where its range cannot be satisfied", async () => {
    await interruptAt(120_000);
    server.next(status(416));
    await start();
    await expectWhole();
    expect(ranges().at(-1)).toBeUndefined();
  });

  it("begins anew if what was there turns out damaged, or of another version of the file", async () => {
    await mkdir(parts());
    await writeFile(partPath(), Buffer.alloc(120_000, 1));
    await start();
    await expectWhole();
    expect(ranges()).toEqual(["bytes=120000-", undefined]);
    expect(retries[0]!.reason).toContain("damaged");
  });

  it("needs no request if the part is whole", async () => {
    await mkdir(parts());
    await writeFile(partPath(), body);
    await start();
    await expectWhole();
    expect(server.requests).toEqual([]);
  });

  it("begins anew if the part is longer than the file", async () => {
    await mkdir(parts());
    await writeFile(partPath(), Buffer.concat([body, body]));
    await start();
    await expectWhole();
  });
});

describe("a server in trouble", () => {
  it.each([408, 429, 500, 502, 503, 504])("that answers %i is asked again", async (code) => {
    server.next(status(code), status(code));
    await start();
    await expectWhole();
    expect(retries.map(({ waitMs }) => waitMs)).toEqual([500, 1000]);
  });

  it("is given the time that it asks for", async () => {
    server.next(status(429, { "retry-after": "7" }));
    await start();
    expect(retries).toEqual([{ reason: expect.stringContaining("answered 429"), waitMs: 7000 }]);
  });

  it("that asks for an hour is not waited for", async () => {
    server.next(status(503, { "retry-after": "3600" }));
    await expect(start()).rejects.toThrow(/answered 503; given up \(it asks to wait 3600 s\)$/);
  });

  it("is given up after some tries, and what has come is kept", async () => {
    server.next(truncateAt(100_000));
    server.always(status(500));
    await expect(start()).rejects.toThrow(`answered 500; given up (${MAX_FAILURES} tries)`);
    expect(server.requests).toHaveLength(MAX_FAILURES);
    expect((await readFile(partPath())).length).toBeGreaterThan(0);
  });

  it("that always breaks at the same place is given up", async () => {
    server.always(truncateAt(100_000));
    await expect(start()).rejects.toThrow("given up");
    expect(server.requests).toHaveLength(MAX_FAILURES);
  });

  it("that cannot be reached is named, with the reason", async () => {
    const { host } = server.origin;
    await server.close();
    await expect(start()).rejects.toThrow(`${host} cannot be reached (ECONNREFUSED); given up`);
    server = await startFileServer();
  });
});

describe("a wrong file", () => {
  it.each([404, 410, 403])("that is refused with %i is not asked for again", async (code) => {
    server.next(status(code));
    await expect(start()).rejects.toThrow(`${PATH} answered ${code}: `);
    expect(server.requests).toHaveLength(1);
  });

  it("of another size is refused before it is fetched", async () => {
    server.files.set(PATH, randomBytes(BYTES + 1));
    await expect(start()).rejects.toThrow(`has ${BYTES + 1} bytes, not ${BYTES}: it is another file`);
    await expectNothing();
  });

  it("that does not end is cut", async () => {
    server.next((response, request) => {
      response.writeHead(200);
      response.write(request.body);
      response.end("and more");
    });
    await expect(start()).rejects.toThrow(`sends more than the ${BYTES} bytes`);
    await expectNothing();
  });

  it("of another digest is refused, and nothing of it is kept", async () => {
    server.files.set(PATH, body.map((byte, i) => (i === 1234 ? byte ^ 1 : byte)) as Buffer);
    await expect(start()).rejects.toThrow(/is not the file that the catalogue describes: .* has SHA-256 [0-9a-f]{64}/);
    expect(server.requests).toHaveLength(1);
    expect(await readdir(parts())).toEqual([]);
    await expectNothing();
  });
});

it.runIf(process.platform === "linux")("says that the disk is full", async () => {
  await mkdir(parts());
  await symlink("/dev/full", partPath());
  await expect(start()).rejects.toThrow("the disk is full. What has come of onnx/image.onnx is kept");
});

it("replaces a file that is in its place only by a whole one", async () => {
  await mkdir(join(folder, "onnx"));
  await writeFile(join(folder, file.path), "the old one");
  server.next(status(404));
  await expect(start()).rejects.toThrow();
  expect(await readFile(join(folder, file.path), "utf8")).toBe("the old one");
  await start();
  await expectWhole();
});
