import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ApiError,
  AuthenticationError,
  ConnectionError,
  NotFoundError,
  ServerError,
  SightlineError,
  TimeoutError,
} from "./errors.ts";
import { type Call, type RetryNotice, Transport, type TransportOptions } from "./transport.ts";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

const ok: Answer = (response) => response.end('{"fine":true}');
const broken: Answer = (response) => response.destroy();
const silent: Answer = () => undefined;
const refusal =
  (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    const error = { type: "t", code, message: "what is wrong", param: "input[3]", request_id: "req_1" };
    response.writeHead(status, { "x-request-id": "req_1", ...headers }).end(JSON.stringify({ error }));
  };

/** A real server that answers in turn what it is told, the last of it for ever. */
let server: Server;
let answers: Answer[];
let seen: Seen[];
let waits: number[];
let url: string;

beforeEach(async () => {
  [answers, seen, waits] = [[], [], []];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(response, request);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

const transport = (options: Partial<TransportOptions> = {}) =>
  new Transport({
    baseUrl: url,
    apiKey: "sl_key",
    fetch,
    random: () => 0,
    sleep: async (ms) => void waits.push(ms),
    ...options,
  });
const read: Call = { method: "GET", path: "/v1/models" };
const write: Call = { method: "PUT", path: "/v1/collections/shop", json: { description: "ä" }, writes: true };

describe("a call", () => {
  it("says who asks and what", async () => {
    answers = [ok];
    const call: Call = { method: "GET", path: "/v1/usage", query: { month: "2026-11", absent: undefined } };
    expect(await transport({ baseUrl: `${url}/` }).json(call)).toEqual({ fine: true });
    expect(seen[0]).toMatchObject({ method: "GET", url: "/v1/usage?month=2026-11" });
    expect(seen[0]?.headers.authorization).toBe("Bearer sl_key");
    expect(seen[0]?.headers).not.toHaveProperty("idempotency-key");
    expect(seen[0]?.headers).not.toHaveProperty("content-type");
  });

  it("keeps a path in front of the API's own", async () => {
    answers = [ok];
    await transport({ baseUrl: `${url}/sightline/` }).json(read);
    expect(seen[0]?.url).toBe("/sightline/v1/models");
  });

  it("gives the API's own words for what it refuses", async () => {
    answers = [refusal(401, "invalid_api_key", { "retry-after": "7" })];
    const error = await transport()
      .json(read)
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      name: "AuthenticationError",
      status: 401,
      code: "invalid_api_key",
      message: "what is wrong",
      param: "input[3]",
      requestId: "req_1",
      retryAfterMs: 7000,
    });
    expect(seen).toHaveLength(1);
  });

  it("makes an error of a proxy's page too", async () => {
    answers = [(response) => response.writeHead(502).end("<html>Bad Gateway</html>")];
    const error = await transport({ maxRetries: 0 })
      .json(read)
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({
      status: 502,
      code: null,
      requestId: null,
      message: "The server answered 502 Bad Gateway",
    });
  });
});

describe("a key that was copied badly", () => {
  it.each(["sl_dev_…", "sl_dev abc", "", "sl_dev\n"])("is refused before anything is sent: %j", (apiKey) => {
    expect(() => transport({ apiKey })).toThrow("characters that no key has");
  });
});

describe("a write whose first try is still held to be in progress", () => {
  const held = refusal(409, "idempotency_in_progress", { "retry-after": "1" });

  it("is asked for until the API lets go of it, which takes it a minute", async () => {
    answers = [refusal(503, "store_unavailable", { "retry-after": "1" }), ...Array(10).fill(held), ok];
    expect(await transport().json(write)).toEqual({ fine: true });
    expect(waits.reduce((sum, ms) => sum + ms)).toBeGreaterThan(30_000);
    expect(new Set(seen.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  });

  it("fails if that never happens, and at once where nothing is to be tried again", async () => {
    answers = [held];
    await expect(transport().json(write)).rejects.toMatchObject({ code: "idempotency_in_progress" });
    const { length } = waits;
    expect(waits.slice(0, -1).reduce((sum, ms) => sum + ms)).toBeLessThan(65_000);
    await expect(transport().json(write, { maxRetries: 0 })).rejects.toBeInstanceOf(ApiError);
    expect(waits).toHaveLength(length);
  });
});

describe("another try", () => {
  it("is told beforehand, with its reason", async () => {
    answers = [refusal(503, "overloaded", { "retry-after": "2" }), ok];
    const notices: RetryNotice[] = [];
    await transport({ onRetry: (notice) => notices.push(notice) }).json(read);
    expect(notices).toEqual([{ error: expect.any(ServerError), delayMs: 2000 }]);
  });

  it("is made after as long as the API says", async () => {
    answers = [
      refusal(503, "overloaded", { "retry-after": "2" }),
      refusal(429, "rate_limit_exceeded", { "retry-after": "5" }),
      ok,
    ];
    expect(await transport().json(read)).toEqual({ fine: true });
    expect(waits).toEqual([2000, 5000]);
  });

  it("is made when the connection breaks, also in the middle of an answer", async () => {
    const cut: Answer = (response) =>
      response.writeHead(200, { "content-length": 99 }).write("{", () => response.destroy());
    answers = [broken, cut, ok];
    expect(await transport().json(read)).toEqual({ fine: true });
    expect(waits).toHaveLength(2);
  });

  it("carries a write's one idempotency key; another write has another", async () => {
    answers = [broken, refusal(409, "idempotency_in_progress", { "retry-after": "1" }), ok];
    await transport().json(write);
    await transport().json(write);
    const keys = seen.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
    expect(seen.every(({ body }) => body === '{"description":"ä"}')).toBe(true);
  });

  it("is not made for ever", async () => {
    answers = [refusal(500, "internal_error")];
    await expect(transport({ maxRetries: 2 }).json(read)).rejects.toBeInstanceOf(ServerError);
    expect(seen).toHaveLength(3);
    await expect(transport().json(read, { maxRetries: 0 })).rejects.toBeInstanceOf(ServerError);
    expect(seen).toHaveLength(4);
  });
});

describe("a deletion that finds nothing", () => {
  const call: Call = { method: "DELETE", path: "/v1/collections/shop/items/1", writes: true, ifGone: { deleted: 1 } };
  const gone = refusal(404, "item_not_found");

  it.each([
    ["was broken off", broken],
    ["gave no answer in time", silent],
    ["failed after it had deleted", refusal(503, "store_unavailable", { "retry-after": "1" })],
  ])("has been done where a try before it %s", async (_, first) => {
    answers = [first, refusal(409, "idempotency_in_progress"), refusal(429, "rate_limit_exceeded"), gone];
    expect(await transport({ timeoutMs: 500 }).json(call)).toEqual({ deleted: 1 });
  });

  it("is an error on the first try, and after one that was refused before it did anything", async () => {
    answers = [gone];
    await expect(transport().json(call)).rejects.toBeInstanceOf(NotFoundError);
    answers = [refusal(429, "rate_limit_exceeded", { "retry-after": "1" }), gone];
    await expect(transport().json(call)).rejects.toBeInstanceOf(NotFoundError);
  });

  it("is an error where it is not the API that knows of no such thing", async () => {
    answers = [broken, (response) => response.writeHead(404).end("<html>Not Found</html>")];
    await expect(transport().json(call)).rejects.toMatchObject({ status: 404, code: null });
    answers = [broken, refusal(404, "not_found")];
    await expect(transport().json(call)).rejects.toMatchObject({ code: "not_found" });
  });

  it("is an error of a call that does not delete", async () => {
    answers = [broken, gone];
    await expect(transport().json(read)).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe("time", () => {
  it("runs out where there is no answer, in each try", async () => {
    answers = [silent];
    const error = await transport({ timeoutMs: 20, maxRetries: 1 })
      .json(read)
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TimeoutError);
    expect((error as Error).message).toContain("20 ms");
    expect(seen).toHaveLength(2);
  });

  it("is cut short by the caller, under way and between tries", async () => {
    answers = [silent];
    const underWay = new AbortController();
    const call = transport().json(read, { signal: underWay.signal });
    await expect.poll(() => seen.length).toBe(1);
    underWay.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");

    answers = [refusal(503, "overloaded", { "retry-after": "30" })];
    const between = new AbortController();
    const sleeping = new Transport({ baseUrl: url, apiKey: "sl_key", fetch }).json(read, { signal: between.signal });
    await expect.poll(() => seen.length).toBe(2);
    between.abort(new Error("enough again"));
    await expect(sleeping).rejects.toThrow("enough again");
  });

  it("is not spent on a call that was given up before", async () => {
    await expect(transport().json(read, { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
    expect(seen).toEqual([]);
  });
});

describe("a server that cannot be reached", () => {
  it("is named, with the reason", async () => {
    const away = transport({ baseUrl: "http://127.0.0.1:1", maxRetries: 0 });
    const error = await away.json(read).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toMatch(
      /^GET http:\/\/127\.0\.0\.1:1\/v1\/models cannot be reached: .+\. Is it the right address\?$/,
    );
  });

  it("is told from one that is not Sightline", async () => {
    answers = [(response) => response.end("<h1>Welcome to the hotel</h1>")];
    const error = await transport()
      .json(read)
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(SightlineError);
    expect((error as Error).message).toMatch(/^http:\/\/127.+ gave no answer of Sightline's: is it the API's address/);
    expect(seen).toHaveLength(1);
  });

  it("is told from a URL that is none", () => {
    expect(() => transport({ baseUrl: "api.example.com" })).toThrow('"api.example.com" is no URL');
  });
});
