import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { startNameServer } from "../testing/name-server.ts";
import { createImageFetcher, type ImageFetcherOptions } from "./fetch-image.ts";
import { resolveHost } from "./resolve-host.ts";

const LOOPBACK = { allowAddresses: ["127.0.0.1/32"] };
const PICTURE = Uint8Array.from([1, 2, 3, 4, 5]);

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A real server on the loopback interface. @returns its port. */
async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A resolver that knows these names, and the names it was asked for. */
function names(known: Record<string, string[]>) {
  const asked: string[] = [];
  const lookup = async (name: string): Promise<string[]> => {
    asked.push(name);
    return known[name] ?? [];
  };
  return { asked, lookup };
}

const fetchFrom = (url: string, options: ImageFetcherOptions = LOOPBACK, signal = new AbortController().signal) =>
  createImageFetcher(options)(url, signal);

async function refusalOf(work: Promise<unknown>): Promise<{ code: ErrorCode; message: string }> {
  const error = await work.then(
    () => expect.fail("was fetched"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

describe("fetches", () => {
  it("the bytes, asking for them uncompressed and under the URL's host name", async () => {
    const { asked, lookup } = names({ "pictures.test": ["127.0.0.1"] });
    const seen: unknown[] = [];
    const port = await serve(({ url, headers }, response) => {
      seen.push(url, headers.host, headers["accept-encoding"]);
      response.end(PICTURE);
    });
    const bytes = await fetchFrom(`http://pictures.test:${port}/a/b.png?c=1#d`, { ...LOOPBACK, lookup });
    expect([...bytes]).toEqual([...PICTURE]);
    expect(asked).toEqual(["pictures.test"]);
    expect(seen).toEqual(["/a/b.png?c=1", `pictures.test:${port}`, "identity"]);
  });

  it("a body in chunks, without a length", async () => {
    const port = await serve((_request, response) => {
      response.write(PICTURE.subarray(0, 2));
      setTimeout(() => response.end(PICTURE.subarray(2)), 20);
    });
    expect([...(await fetchFrom(`http://127.0.0.1:${port}/`))]).toEqual([...PICTURE]);
  });

  it("over redirects, relative and absolute, each looked up anew", async () => {
    const { asked, lookup } = names({ "one.test": ["127.0.0.1"], "two.test": ["127.0.0.1"] });
    const port = await serve((request, response) => {
      if (request.url === "/start") response.writeHead(302, { location: "next" }).write("a body without end");
      else if (request.url === "/next") response.writeHead(308, { location: `http://two.test:${port}/end` }).end();
      else response.end(PICTURE);
    });
    const bytes = await fetchFrom(`http://one.test:${port}/start`, { ...LOOPBACK, lookup });
    expect([...bytes]).toEqual([...PICTURE]);
    expect(asked).toEqual(["one.test", "one.test", "two.test"]);
  });

  it("from the address that was checked, whatever the name resolves to a moment later", async () => {
    const port = await serve((_request, response) => response.end(PICTURE));
    const answers = [["127.0.0.1"], ["10.0.0.1"]];
    const lookup = async () => answers.shift() ?? [];
    expect(await fetchFrom(`http://rebinding.test:${port}/`, { ...LOOPBACK, lookup })).toHaveLength(PICTURE.length);
    expect(answers).toEqual([["10.0.0.1"]]);
  });
});

describe("refuses to connect", () => {
  const refused = { code: "image_url_refused", message: "The image URL's host has no public address." };
  let connections = 0;
  const trap = () => serve((_request, response) => response.end(String(++connections)));
  afterEach(() => expect(connections).toBe(0));

  it("to a private address, in any spelling", async () => {
    const port = await trap();
    const addresses = fc.oneof(
      fc.constant([127, 0, 0, 1]),
      fc.tuple(fc.constantFrom(10, 127), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
    );
    await fc.assert(
      fc.asyncProperty(addresses, async (address) => {
        for (const host of spellings(address)) {
          expect(await refusalOf(fetchFrom(`http://${host}:${port}/`, {}))).toMatchObject(refused);
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each(["[::1]", "[::]", "[fe80::1]", "[fd00:ec2::254]", "localhost", "0", "127.0.0.1.", "①②⑦.0.0.1"])(
    "to %s",
    async (host) => {
      expect(await refusalOf(fetchFrom(`http://${host}:${await trap()}/`, {}))).toMatchObject(refused);
    },
  );

  it("to a name that resolves to a private address, even beside a public one, and without telling which", async () => {
    const port = await trap();
    const { lookup } = names({
      "inside.test": ["127.0.0.1"],
      "mixed.test": ["8.8.8.8", "127.0.0.1"],
      "mapped.test": ["::ffff:127.0.0.1"],
      "empty.test": [],
    });
    for (const name of ["inside", "mixed", "mapped", "empty", "unknown"]) {
      expect(await refusalOf(fetchFrom(`http://${name}.test:${port}/`, { lookup }))).toMatchObject(refused);
    }
  });

  it("to a port that is not the web's, unless the operator opened the address", async () => {
    const { lookup } = names({ "public.test": ["8.8.8.8"] });
    const error = await refusalOf(fetchFrom("http://public.test:22/", { lookup }));
    expect(error).toMatchObject({ code: "image_url_refused", message: expect.stringContaining("port") });
  });

  it.each([
    ["ftp://8.8.8.8/a.png", "neither http nor https"],
    ["file:///etc/passwd", "neither http nor https"],
    ["data:image/png;base64,AAAA", "neither http nor https"],
    ["http://user:secret@8.8.8.8/", "credentials"],
    ["not a url", "not a valid URL"],
  ])("to %s", async (url, reason) => {
    const error = await refusalOf(fetchFrom(url, {}));
    expect(error).toMatchObject({ code: "image_url_refused", message: expect.stringContaining(reason) });
  });

  it.each([
    ["a private address", (port: number) => `http://127.0.0.2:${port}/`],
    ["a private address in decimal", (port: number) => `http://2130706434:${port}/`],
    ["a name of one", (port: number) => `//inside.test:${port}/`],
    ["a file", () => "file:///etc/passwd"],
    ["credentials", () => "http://user:secret@127.0.0.1/"],
    ["nonsense", () => "http://["],
  ])("when redirected to %s", async (_name, location) => {
    const { lookup } = names({ "inside.test": ["127.0.0.2"] });
    const trapPort = await trap();
    const port = await serve((_request, response) => response.writeHead(302, { location: location(trapPort) }).end());
    const error = await refusalOf(fetchFrom(`http://127.0.0.1:${port}/`, { ...LOOPBACK, lookup }));
    expect(error).toMatchObject({ code: "image_url_refused" });
    expect(error.message).not.toContain("127");
  });
});

describe("gives up", () => {
  const failed = (part: string) => ({ code: "image_url_failed", message: expect.stringContaining(part) });

  it.each([204 + 200, 500, 304])("on status %i, which it names", async (status) => {
    const port = await serve((_request, response) => response.writeHead(status).end());
    expect(await refusalOf(fetchFrom(`http://127.0.0.1:${port}/`))).toMatchObject(failed(`status ${status}`));
  });

  it("on a redirect without a target", async () => {
    const port = await serve((_request, response) => response.writeHead(302).end());
    expect(await refusalOf(fetchFrom(`http://127.0.0.1:${port}/`))).toMatchObject(failed("status 302"));
  });

  it("after too many redirects", async () => {
    let visits = 0;
    const port = await serve((_request, response) => {
      visits++;
      response.writeHead(302, { location: "/" }).end();
    });
    expect(await refusalOf(fetchFrom(`http://127.0.0.1:${port}/`))).toMatchObject(failed("more than 3 times"));
    expect(visits).toBe(4);
  });

  it("on a body that is compressed all the same", async () => {
    const port = await serve((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("x"));
    expect(await refusalOf(fetchFrom(`http://127.0.0.1:${port}/`))).toMatchObject(failed("compressed"));
  });

  it("on a body that is announced as too large, or is", async () => {
    const bodies: RequestListener[] = [
      (_request, response) => response.writeHead(200, { "content-length": "6" }).end("123456"),
      (_request, response) => response.end("123456"),
      (_request, response) => {
        const endless = setInterval(() => response.write("12"), 1);
        response.on("close", () => clearInterval(endless));
      },
    ];
    for (const body of bodies) {
      const url = `http://127.0.0.1:${await serve(body)}/`;
      expect(await refusalOf(fetchFrom(url, { ...LOOPBACK, maxBytes: 5 }))).toMatchObject({ code: "image_too_large" });
    }
  });

  it("on a body that ends before its announced length", async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "10" }).write("123");
      setTimeout(() => response.destroy(), 20);
    });
    expect(await refusalOf(fetchFrom(`http://127.0.0.1:${port}/`))).toMatchObject(failed("could not be fetched"));
  });

  it("on a server that does not speak HTTP, or is not there", async () => {
    const port = await serve((request) => request.socket.end("what?\r\n\r\n"));
    expect(await refusalOf(fetchFrom(`http://127.0.0.1:${port}/`))).toMatchObject(failed("could not be fetched"));
    for (const close of closers.splice(0)) close();
    expect(await refusalOf(fetchFrom(`http://127.0.0.1:${port}/`))).toMatchObject(failed("could not be fetched"));
  });

  it("when the time is up: no headers, a dripping body, redirects in slow motion, a mute name server", async () => {
    const slow: RequestListener[] = [
      () => {},
      (_request, response) => {
        const drip = setInterval(() => response.write("."), 10);
        response.on("close", () => clearInterval(drip));
      },
      (_request, response) => void setTimeout(() => response.writeHead(302, { location: "/" }).end(), 60),
    ];
    for (const listener of slow) {
      const url = `http://127.0.0.1:${await serve(listener)}/`;
      expect(await refusalOf(fetchFrom(url, { ...LOOPBACK, timeoutMs: 150 }))).toMatchObject(failed("0.15 seconds"));
    }
    const { address, close } = await startNameServer();
    closers.push(close);
    const lookup = (name: string, signal: AbortSignal) => resolveHost(name, signal, [address]);
    const muted = fetchFrom("http://any.mute.test/", { lookup, timeoutMs: 50 });
    expect(await refusalOf(muted)).toMatchObject(failed("0.05 seconds"));
  });

  it("when the time is up before there is a connection", { timeout: 5000 }, async () => {
    const mute = createTcpServer();
    closers.push(() => mute.close());
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const url = `https://127.0.0.1:${(mute.address() as AddressInfo).port}/`;
    expect(await refusalOf(fetchFrom(url, { ...LOOPBACK, timeoutMs: 50 }))).toMatchObject(failed("0.05 seconds"));
  });

  it("with the caller's own reason when the caller leaves", async () => {
    const caller = new AbortController();
    const port = await serve(() => caller.abort(new Error("gone")));
    await expect(fetchFrom(`http://127.0.0.1:${port}/`, LOOPBACK, caller.signal)).rejects.toThrow("gone");
    await expect(fetchFrom(`http://127.0.0.1:${port}/`, LOOPBACK, caller.signal)).rejects.toThrow("gone");
  });
});

it("does not start with a range that is none", () => {
  expect(() => createImageFetcher({ allowAddresses: ["internal"] })).toThrow('"internal"');
});

/** The ways in which a URL can spell an IPv4 address: dotted, decimal, octal, hexadecimal, shortened, inside IPv6. */
function spellings(parts: readonly number[]): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = parts;
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number) => value.toString(16);
  return [
    parts.join("."),
    String(number),
    `0x${hex(number)}`,
    `0${number.toString(8)}`,
    parts.map((part) => `0${part.toString(8)}`).join("."),
    parts.map((part) => `0x${hex(part)}`).join("."),
    `${a}.${b}.${c * 256 + d}`,
    `${a}.0x${hex(number % 2 ** 24)}`,
    parts.join("%2e"),
    `[::ffff:${parts.join(".")}]`,
    `[::${parts.join(".")}]`,
    `[64:ff9b::${parts.join(".")}]`,
    `[2002:${hex(a * 256 + b)}:${hex(c * 256 + d)}::1]`,
  ];
}
