/** How a real backend ends while it is called: nothing that reached it is lost. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { killBackends, startBackend } from "./testing/backend-process.ts";
import { signedClient } from "./testing/signed-client.ts";
import { writeTinyModel } from "./testing/tiny-model.ts";

const EMBED = "/internal/v1/embed";
const call = { model: { id: "tiny", revision: "1" }, lane: "interactive" };
const inputs = Array.from({ length: 32 }, (_, i) => ({ kind: "text", text: `some words ${i}` }));

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "drain-"));
  await writeTinyModel(join(dir, "models"), "tiny");
});
afterAll(() => rm(dir, { recursive: true }));
afterEach(killBackends);

const start = (environment: Record<string, string> = {}) =>
  startBackend({ MODELS_DIR: join(dir, "models"), DATA_DIR: join(dir, "vectors"), ...environment });

/** Sends over the agent's connections. @returns the answer with its headers, when all of it is there. */
async function send(url: string, agent: Agent, asked: Request): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = Object.fromEntries(asked.headers);
  const sent = httpRequest(new URL(asked.url, url), { agent, method: asked.method, headers }, resolve);
  sent.on("error", reject);
  sent.end(Buffer.from(await asked.arrayBuffer()));
  const answer = await promise;
  const body = Buffer.concat(await answer.toArray());
  return new Response(body, {
    status: answer.statusCode ?? 0,
    headers: { connection: answer.headers.connection ?? "" },
  });
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

const readyz = async (url: string) => (await fetch(`${url}/readyz`)).status;

describe("a backend that is told to end", () => {
  it("answers every call that a load balancer sends until it has noticed, and ends with code 0", async () => {
    const { child, url } = await start({ DRAIN_DELAY_MS: "5000" });
    const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: false })];
    const statuses: (number | string)[] = [];
    let ready = true;

    async function keepCalling(agent: Agent) {
      const client = signedClient((asked) => send(url, agent, asked), url);
      while (ready) {
        try {
          statuses.push((await client(EMBED, { ...call, inputs })).status);
        } catch (error) {
          statuses.push(String(error));
        }
      }
    }
    const callers = Array.from({ length: 8 }, (_, i) => keepCalling(agents[i % 2]!));
    await expect.poll(() => statuses.length, { timeout: 10_000 }).toBeGreaterThan(40);
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await expect.poll(() => readyz(url), { timeout: 4000 }).toBe(503);
    const before = statuses.length;
    await expect.poll(() => statuses.length, { timeout: 4000 }).toBeGreaterThan(before + 20);
    // Only now has the load balancer noticed.
    ready = false;
    await Promise.all(callers);
    expect(await gone).toEqual([0, null]);
    expect(new Set(statuses)).toEqual(new Set([200]));
    for (const agent of agents) agent.destroy();
  });

  it("asks callers to connect elsewhere, and then lets nobody in", async () => {
    const { child, url, port } = await start({ DRAIN_DELAY_MS: "500" });
    const agent = new Agent({ keepAlive: true });
    const ask = () => send(url, agent, new Request(`${url}/healthz`));
    expect((await ask()).headers.get("connection")).toBe("keep-alive");
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await expect.poll(() => readyz(url), { interval: 20 }).toBe(503);
    // On the connection that it had kept, and on a new one.
    const late = [await ask(), await ask()];
    expect(late.map(({ status, headers }) => [status, headers.get("connection")])).toEqual([
      [200, "close"],
      [200, "close"],
    ]);
    await gone;
    await expect(connected(port)).rejects.toThrow("ECONNREFUSED");
    agent.destroy();
  });

  it("answers what it has taken although it takes no more, and waits for no connection at rest", async () => {
    const { child, url, port } = await start({ FETCH_ALLOW_ADDRESSES: "127.0.0.1/32", SHUTDOWN_GRACE_MS: "15000" });
    await using pictures = await slowPictures();
    const agent = new Agent({ keepAlive: true });
    const client = signedClient((asked) => send(url, agent, asked), url);
    // One connection on which a call was answered, one on which nothing was ever said.
    const resting = new Agent({ keepAlive: true });
    await send(url, resting, new Request(`${url}/healthz`));
    const silent = await connected(port);
    const silentEnd = once(silent, "close");

    const picture = { kind: "image_url", url: pictures.url };
    const calls = Array.from({ length: 12 }, () => client(EMBED, { ...call, inputs: [picture, ...inputs] }));
    await expect.poll(() => pictures.asked(), { timeout: 10_000 }).toBe(12);
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await expect.poll(() => refusesConnections(port)).toBe(true);
    pictures.answer();
    const replies = await Promise.all(calls);
    expect(replies.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(replies.map(({ body }) => body.results[0].status)).toEqual(Array(12).fill("ok"));
    // Within the grace period: else it would have killed itself.
    expect(await gone).toEqual([0, null]);
    await silentEnd;
    for (const used of [agent, resting]) used.destroy();
  });

  it("gives up after the grace period, and kills itself", async () => {
    const { child, url } = await start({ FETCH_ALLOW_ADDRESSES: "127.0.0.1/32", SHUTDOWN_GRACE_MS: "300" });
    await using pictures = await slowPictures();
    const client = signedClient(fetch, url);
    const cut = expect(
      client(EMBED, { ...call, inputs: [{ kind: "image_url", url: pictures.url }] }),
    ).rejects.toThrow();
    await expect.poll(() => pictures.asked(), { timeout: 10_000 }).toBe(1);
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    expect(await gone).toEqual([null, "SIGKILL"]);
    await cut;
  });
});

async function refusesConnections(port: number): Promise<boolean> {
  try {
    (await connected(port)).destroy();
    return false;
  } catch {
    return true;
  }
}

/** A server whose pictures come when it is told. */
async function slowPictures() {
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const waiting: ServerResponse[] = [];
  const server = createServer((_, response) => waiting.push(response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked: () => waiting.length,
    answer: () => {
      for (const response of waiting) response.end(picture);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
