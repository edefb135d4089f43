import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../testing/ports.ts";
import { startUpstash, type UpstashServer } from "./server.ts";
import { redisBacking } from "./testing.ts";

const token = "right";
let server: UpstashServer;

beforeAll(async () => {
  server = await startUpstash({ port: 0, token, backing: { kind: "memory" } });
});
afterAll(() => server.close());

async function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer> | readonly unknown[],
  headers: Record<string, string> = {},
) {
  const response = await fetch(server.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

describe("authorisation", () => {
  it.each(["/", "/pipeline", "/multi-exec", "/get/k"])("refuses a wrong or missing token on %s", async (path) => {
    for (const authorization of ["Bearer wrong", "Bearer", "Basic right", "right", ""]) {
      const answer = await post(path, ["PING"], { authorization });
      expect(answer).toEqual({ status: 401, body: { error: "Unauthorized" } });
    }
  });

  it("does not run what it refuses", async () => {
    await post("/", ["SET", "refused", "1"], { authorization: "Bearer wrong" });
    expect((await post("/", ["EXISTS", "refused"])).body).toEqual({ result: 0 });
  });
});

describe("answers", () => {
  it("gives a single command's result", async () => {
    expect(await post("/", ["SET", "k", "v"])).toEqual({ status: 200, body: { result: "OK" } });
    expect(await post("/", ["GET", "k"])).toEqual({ status: 200, body: { result: "v" } });
    expect(await post("/", ["GET", "missing"])).toEqual({ status: 200, body: { result: null } });
  });

  it("gives a single command's error with status 400", async () => {
    const error = "ERR wrong number of arguments for 'get' command";
    expect(await post("/", ["GET"])).toEqual({ status: 400, body: { error } });
  });

  it("gives a pipeline's results and errors side by side with status 200", async () => {
    const answer = await post("/pipeline", [["SET", "k", "v"], ["INCR", "k"], ["NOPE"], ["GET", "k"]]);
    expect(answer).toEqual({
      status: 200,
      body: [
        { result: "OK" },
        { error: "ERR value is not an integer or out of range" },
        { error: "ERR unknown command 'NOPE', with args beginning with: " },
        { result: "v" },
      ],
    });
  });

  it("runs the other commands of a transaction when one fails as it runs", async () => {
    const answer = await post("/multi-exec", [
      ["SET", "k", "v"],
      ["INCR", "k"],
      ["SET", "k", "w"],
    ]);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual([
      { result: "OK" },
      { error: "ERR value is not an integer or out of range" },
      { result: "OK" },
    ]);
  });

  it("refuses a transaction whole with status 400 when a command cannot run at all", async () => {
    const answer = await post("/multi-exec", [["SET", "aborted", "v"], ["NOPE"]]);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error: "EXECABORT Transaction discarded because of previous errors." });
    expect((await post("/", ["EXISTS", "aborted"])).body).toEqual({ result: 0 });
  });

  it("gives a sync token with each, and takes any", async () => {
    const tokens = [];
    for (const token of ["", "1", "of a server that ran before"]) {
      const headers = { authorization: "Bearer right", "upstash-sync-token": token };
      const answer = await fetch(server.url, { method: "POST", headers, body: `["PING"]` });
      expect([answer.status, await answer.json()]).toEqual([200, { result: "PONG" }]);
      tokens.push(answer.headers.get("upstash-sync-token"));
    }
    expect(new Set(tokens).size).toBe(3);
    expect(tokens).not.toContain(null);
  });

  it("takes numbers and booleans as arguments", async () => {
    await post("/", ["HSET", "h", "n", 1.5, "b", true]);
    expect((await post("/", ["HGETALL", "h"])).body).toEqual({ result: ["n", "1.5", "b", "true"] });
  });
});

describe("base64", () => {
  const base64 = { "upstash-encoding": "base64" };
  const b64 = (text: string): string => Buffer.from(text).toString("base64");

  it("encodes strings at every depth and leaves numbers and nulls", async () => {
    const script = "return {'OK', 'text', 7, false, {'deep', {'deeper'}}}";
    const { body } = await post("/", ["EVAL", script, "0"], base64);
    expect(body).toEqual({ result: [b64("OK"), b64("text"), 7, null, [b64("deep"), [b64("deeper")]]] });
  });

  it("leaves a bare OK and encodes every other status", async () => {
    expect((await post("/", ["SET", "k", "v"], base64)).body).toEqual({ result: "OK" });
    expect((await post("/", ["PING"], base64)).body).toEqual({ result: b64("PONG") });
  });

  it("leaves errors in plain text", async () => {
    const { body } = await post("/pipeline", [["NOPE"], ["PING"]], base64);
    expect(body).toEqual([
      { error: "ERR unknown command 'NOPE', with args beginning with: " },
      { result: b64("PONG") },
    ]);
  });

  it("carries bytes that are no UTF-8", async () => {
    await post("/", ["EVAL", "return redis.call('SET', 'bytes', string.char(0, 128, 255, 10))", "0"]);
    const { body } = await post("/", ["GET", "bytes"], base64);
    expect(body).toEqual({ result: Buffer.from([0, 128, 255, 10]).toString("base64") });
  });
});

describe("bad requests", () => {
  it.each(["", "{", '{"a":1}', "[]", "[[]]", '["GET",null]', '["GET",["k"]]', '"PING"', "null"])(
    "refuses %s as a command",
    async (body) => {
      expect(await post("/", body)).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/^ERR failed/) },
      });
    },
  );

  it.each(["[]", '["PING"]', "[[]]", '[["PING"],[]]'])("refuses %s as a batch", async (body) => {
    for (const path of ["/pipeline", "/multi-exec"]) expect((await post(path, body)).status).toBe(400);
  });

  it("refuses a body that is no UTF-8", async () => {
    expect((await post("/", new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d]))).status).toBe(400);
  });

  it("refuses a body over the limit and stays usable", async () => {
    const answer = await post("/", ["SET", "k", "x".repeat(11 * 1024 * 1024)]);
    expect(answer).toMatchObject({ status: 413, body: { error: expect.stringContaining("max request size") } });
    expect((await post("/", ["PING"])).status).toBe(200);
  });

  it("refuses other methods and paths", async () => {
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(server.url, { headers })).status).toBe(405);
    expect((await fetch(`${server.url}/get/k`, { headers })).status).toBe(404);
  });

  it("outlives a client that goes away in the middle of its body", async () => {
    await new Promise<void>((resolve) => {
      const headers = { authorization: `Bearer ${token}`, "content-length": "100" };
      const half = request(server.url, { method: "POST", headers });
      half.on("error", () => resolve());
      half.write('["PING"', () => half.destroy(new Error("gone")));
    });
    expect((await post("/", ["PING"])).status).toBe(200);
  });
});

describe("life cycle", () => {
  it("says so when its port is taken", async () => {
    const port = Number(new URL(server.url).port);
    await expect(startUpstash({ port, token, backing: { kind: "memory" } })).rejects.toThrow("EADDRINUSE");
  });

  it("says so when the Redis does not answer", async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    await expect(startUpstash({ port: 0, token, backing: { kind: "redis", url } })).rejects.toThrow("does not answer");
  });

  it.skipIf(redisBacking.isAbsent)("answers 503 once the Redis is away", async () => {
    const redis = await redisBacking.open();
    const bridge = await startUpstash({ port: 0, token, backing: redis.options });
    const send = (command: readonly string[]) =>
      fetch(bridge.url, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(command),
      });
    expect((await send(["SUBSCRIBE", "would block the others"])).status).toBe(400);
    expect((await send(["PING"])).status).toBe(200);
    await redis.close();
    expect((await send(["PING"])).status).toBe(503);
    await bridge.close();
  });

  it("frees its port when it closes", async () => {
    const first = await startUpstash({ port: 0, token, backing: { kind: "memory" } });
    const port = Number(new URL(first.url).port);
    await first.close();
    const second = await startUpstash({ port, token, backing: { kind: "memory" } });
    await second.close();
  });
});
