/** A local stand-in for Upstash Redis: its REST protocol over HTTP, in front of an in-memory or a real Redis. */
import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Backing } from "./backing.ts";
import { type MemoryOptions, openMemory } from "./memory/backing.ts";
import { type Answer, type Encoding, parseBatch, parseCommand, toAnswer } from "./protocol.ts";
import { openRedis } from "./redis-backing.ts";
import { CommandError } from "./reply.ts";

/** Upstash's own limit on its paid plans. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

export interface UpstashOptions {
  /** 0 picks a free port; the url in the result tells which. */
  readonly port: number;
  readonly host?: string;
  /** What clients send as `Authorization: Bearer <token>`. */
  readonly token: string;
  readonly backing: ({ readonly kind: "memory" } & MemoryOptions) | { readonly kind: "redis"; readonly url: string };
}

export interface UpstashServer {
  /** For example `http://127.0.0.1:8079`: what `new Redis({ url, token })` of @upstash/redis takes. */
  readonly url: string;
  /** Ends open connections and the backing. */
  close(): Promise<void>;
}

interface HttpAnswer {
  readonly status: number;
  readonly body: Answer | readonly Answer[];
}

/** @throws Error if the port is taken, the Redis does not answer, or the journal file is damaged. */
export async function startUpstash(options: UpstashOptions): Promise<UpstashServer> {
  const { port, host = "127.0.0.1", token } = options;
  const backing = await openBacking(options.backing);
  const isAuthorised = bearerCheck(token);
  let calls = 0;
  const server = createServer((request, response) => {
    // Upstash's replicas tell by it how far they have to catch up. Here is only one copy, which has met every token.
    response.setHeader("upstash-sync-token", String(++calls));
    void respond(backing, isAuthorised, request, response);
  });
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    await backing.close();
    throw cause;
  }
  const { port: boundPort } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${boundPort}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await backing.close();
    },
  };
}

function openBacking(options: UpstashOptions["backing"]): Backing | Promise<Backing> {
  return options.kind === "redis" ? openRedis(options.url) : openMemory(options);
}

async function respond(
  backing: Backing,
  isAuthorised: (header: string | undefined) => boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: HttpAnswer;
  try {
    answer = isAuthorised(request.headers.authorization)
      ? await answerTo(backing, request)
      : { status: 401, body: { error: "Unauthorized" } };
  } catch (cause) {
    const failure = cause instanceof Error ? cause.message : String(cause);
    answer =
      cause instanceof CommandError
        ? { status: 400, body: { error: failure } }
        : { status: 503, body: { error: `ERR the data store failed: ${failure}` } };
  }
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(JSON.stringify(answer.body));
}

async function answerTo(backing: Backing, request: IncomingMessage): Promise<HttpAnswer> {
  const path = (request.url ?? "/").replace(/\?.*$/, "");
  if (path !== "/" && path !== "/pipeline" && path !== "/multi-exec")
    return { status: 404, body: { error: `ERR no such path: ${path}; send commands as JSON in the body` } };
  if (request.method !== "POST") return { status: 405, body: { error: "ERR method not allowed" } };
  const body = await readBody(request);
  if (!body) return { status: 413, body: { error: `ERR max request size exceeded. Limit: ${MAX_BODY_BYTES} bytes` } };

  const encoding: Encoding = request.headers["upstash-encoding"] === "base64" ? "base64" : "utf8";
  if (path === "/") {
    const answer = toAnswer(await backing.execute(parseCommand(body)), encoding);
    return { status: "error" in answer ? 400 : 200, body: answer };
  }
  const commands = parseBatch(body);
  const replies =
    path === "/pipeline"
      ? await Promise.all(commands.map((command) => backing.execute(command)))
      : await backing.transaction(commands);
  if (replies instanceof CommandError) return { status: 400, body: { error: replies.message } };
  return { status: 200, body: replies.map((reply) => toAnswer(reply, encoding)) };
}

/** @returns undefined if the body is too large; the rest is still read, so that the client gets to see the answer. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}

/** Digests are compared: they have one length, so that the time taken tells nothing about the token. */
function bearerCheck(token: string): (header: string | undefined) => boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const expected = digest(token);
  return (header) => {
    const given = /^Bearer (.+)$/i.exec(header ?? "")?.[1];
    return given !== undefined && timingSafeEqual(digest(given), expected);
  };
}
