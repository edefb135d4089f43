/**
 * The world in which the worker's tests run: a Redis over REST (a real one where it is installed), the real backend with the built-in model, and
 * a backend that misbehaves on demand. Started once for all tests in workerd.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { digestApiKey, mintApiKey, parseApiKey } from "@sightline/shared/api-key";
import { TenantId } from "@sightline/shared/ids";
import type { PlanName } from "@sightline/shared/limits";
import { type KeyRecord, redisKeys, SCOPES, type Scope, type TenantRecord } from "@sightline/shared/tenants";
import { Redis } from "@upstash/redis";
import { startPart } from "../child.ts";
import { startUpstash } from "../upstash/server.ts";
import { memoryBacking, redisBacking } from "../upstash/testing.ts";

/** What the tests in workerd find in their bindings. */
export interface WorldBindings {
  readonly ENVIRONMENT: string;
  readonly BACKEND_URL: string;
  readonly BACKEND_SECRET: string;
  readonly FAULTY_BACKEND_URL: string;
  readonly REDIS_URL: string;
  /** The same Redis, which `PUT /mode/down` and `/mode/up` take away and bring back. */
  readonly SWITCHED_REDIS_URL: string;
  readonly REDIS_TOKEN: string;
  readonly KEY_PEPPER: string;
  readonly ADMIN_TOKEN: string;
  readonly TEST_KEYS: Record<TestKey, string>;
}

const KEYS = {
  full: { tenant: "acme", plan: "unlimited", scopes: SCOPES },
  other: { tenant: "rival", plan: "unlimited", scopes: SCOPES },
  searchOnly: { tenant: "acme", plan: "unlimited", scopes: ["search"] },
  poor: { tenant: "poor", plan: "free", scopes: SCOPES },
  // Another tenant of the same plan, for another test file: limits are the tenant's, and files run side by side.
  alsoPoor: { tenant: "also-poor", plan: "free", scopes: SCOPES },
  roundTrip: { tenant: "round-trip", plan: "free", scopes: SCOPES },
} as const satisfies Record<string, { tenant: string; plan: PlanName; scopes: readonly Scope[] }>;
type TestKey = keyof typeof KEYS;

export interface World {
  readonly bindings: WorldBindings;
  close(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), "sightline world "));
  const backendSecret = "test-backend-secret-of-enough-bytes";
  const token = "test-redis-token";
  const pepper = "test-pepper-that-has-more-than-32-bytes";
  // Where there is one, a real Redis: the worker's Lua must run there. `npm start` and its tests have the one in memory.
  const backing = await (redisBacking.isAbsent ? memoryBacking : redisBacking).open();
  const redis = await startUpstash({ port: 0, token, backing: backing.options });
  const [switched, backend, faulty] = await Promise.all([
    startSwitchedProxy(redis.url),
    startPart("backend", "gpu-backend/src/main.ts", {
      HOST: "127.0.0.1",
      PORT: "0",
      BACKEND_SECRET: backendSecret,
      DATA_DIR: join(dir, "vectors"),
      LOG_LEVEL: "error",
      INFERENCE_THREADS: "1",
      FETCH_ALLOW_ADDRESSES: "",
    }),
    startFaultyBackend(),
  ]);
  return {
    bindings: {
      ENVIRONMENT: "test",
      BACKEND_URL: `http://127.0.0.1:${backend.port}`,
      BACKEND_SECRET: backendSecret,
      FAULTY_BACKEND_URL: faulty.url,
      REDIS_URL: redis.url,
      SWITCHED_REDIS_URL: switched.url,
      REDIS_TOKEN: token,
      KEY_PEPPER: pepper,
      ADMIN_TOKEN: "test-admin-token-that-has-more-than-32-bytes",
      TEST_KEYS: await seedKeys(new Redis({ url: redis.url, token, enableTelemetry: false }), pepper),
    },
    async close() {
      await Promise.all([backend.stop(), switched.close(), faulty.close()]);
      await redis.close();
      await backing.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function seedKeys(redis: Redis, pepper: string): Promise<Record<TestKey, string>> {
  const entries = Object.entries(KEYS).map(async ([name, { tenant, plan, scopes }]) => {
    const { key } = mintApiKey("test");
    const id = TenantId.parse(tenant);
    const createdAt = new Date().toISOString();
    const record: TenantRecord = { id, name: "", plan, status: "active", createdAt };
    const keyRecord: KeyRecord = {
      publicId: parseApiKey(key)?.publicId ?? "",
      tenant: id,
      name,
      scopes: [...scopes],
      createdAt,
      expiresAt: null,
      digest: await digestApiKey(pepper, key),
    };
    await redis.hset(redisKeys.tenants, { [id]: JSON.stringify(record) });
    await redis.set(redisKeys.apiKey(keyRecord.digest), JSON.stringify(keyRecord));
    return [name, key] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<TestKey, string>;
}

interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

type Answer = (mode: string, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A server whose mode is set by `PUT /mode/<mode>`. */
async function startModal(first: string, answer: Answer): Promise<TestServer> {
  let mode = first;
  const server = createServer((request, response) => {
    const wanted = /^\/mode\/(\S+)$/.exec(request.url ?? "")?.[1];
    if (wanted !== undefined) {
      mode = wanted;
      response.end();
    } else void answer(mode, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Modes: hang, garbage, reset, status-500. */
const startFaultyBackend = (): Promise<TestServer> =>
  startModal("garbage", (mode, request, response) => {
    if (mode === "reset") request.socket.destroy();
    else if (mode === "status-500") response.writeHead(500).end("<html>an error page</html>");
    else if (mode === "garbage") response.writeHead(200).end(Buffer.from([0xc1, 0xff, 0x00]));
    else request.resume();
  });

/** Modes: up, down. */
const startSwitchedProxy = (target: string): Promise<TestServer> =>
  startModal("up", async (mode, request, response) => {
    if (mode === "down") {
      request.socket.destroy();
      return;
    }
    const headers = Object.entries(request.headers).filter(([name]) =>
      /^(authorization|upstash-|content-type)/.test(name),
    );
    const answer = await fetch(new URL(request.url ?? "/", target), {
      method: "POST",
      headers: headers.map(([name, value]) => [name, String(value)] as [string, string]),
      body: await buffer(request),
    });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  });
