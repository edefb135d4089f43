/**
 * The world in which the worker's tests run: a Redis over REST (a real one where it is installed), the real backend with the built-in model, and
 * a backend that misbehaves on demand. Started once for all tests in workerd.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { digestApiKey, mintApiKey, parseApiKey } from "@sightline/shared/api-key";
import { ApiError } from "@sightline/shared/errors";
import { TenantId } from "@sightline/shared/ids";
import {
  EmbedResponse,
  type EmbedResult,
  pack,
  unpack,
  type WriteItemResult,
  WriteItemsResponse,
} from "@sightline/shared/internal/protocol";
import { type KeyRecord, redisKeys, type TenantRecord } from "@sightline/shared/tenants";
import { TEST_KEYS, type TestKey, type WorldBindings } from "@sightline/shared/testing/edge-world";
import { tinyOfa } from "@sightline/shared/testing/tiny-ofa";
import { Redis } from "@upstash/redis";
import type { z } from "zod";
import { startPart } from "../child.ts";
import { startQdrantDouble } from "../qdrant/server.ts";
import { ROOT } from "../settings.ts";
import { startUpstash } from "../upstash/server.ts";
import { memoryBacking, redisBacking } from "../upstash/testing.ts";
import { startModal, type TestServer } from "./modal-server.ts";
import { startOtlpReceiver } from "./otlp-receiver.ts";

/** Beside the built-in models: an entailment model whose answers can be foreseen. */
const TINY_OFA = "tiny-ofa";

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
  const qdrantKeys = { apiKey: "test-qdrant-key", readOnlyApiKey: "test-qdrant-read-key" };
  const qdrant = await startQdrantDouble(qdrantKeys);
  const [switchedQdrant, otlp] = await Promise.all([startSwitchedProxy(qdrant.url), startOtlpReceiver()]);
  const startBackend = (settings: Readonly<Record<string, string>>) =>
    startPart("backend", "gpu-backend/src/main.ts", {
      HOST: "127.0.0.1",
      PORT: "0",
      BACKEND_SECRET: backendSecret,
      LOG_LEVEL: "error",
      INFERENCE_THREADS: "1",
      FETCH_ALLOW_ADDRESSES: "",
      ...settings,
    });
  const ofaDir = join(dir, "entailment");
  await writeModel(ofaDir, TINY_OFA);
  const [switched, backend, qdrantBackend] = await Promise.all([
    startSwitchedProxy(redis.url),
    startBackend({
      VECTOR_STORE: "embedded",
      DATA_DIR: join(dir, "vectors"),
      MODELS_DIR: `models,${ofaDir}`,
    }),
    startBackend({
      VECTOR_STORE: "qdrant",
      MODELS_DIR: `models,${await secondRevision(join(dir, "models"))}`,
      QDRANT_URL: switchedQdrant.url,
      QDRANT_API_KEY: qdrantKeys.apiKey,
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
      OTEL_TRACES_SAMPLER_ARG: "0",
      // It tells of each call that it refuses, which is what its tests are about.
      LOG_LEVEL: "fatal",
    }),
  ]);
  const { QDRANT_URL: realUrl, QDRANT_API_KEY: realKey = "" } = process.env;
  const backendUrl = `http://127.0.0.1:${backend.port}`;
  const faulty = await startFaultyBackend(backendUrl);
  return {
    bindings: {
      ENVIRONMENT: "test",
      BACKEND_URL: backendUrl,
      BACKEND_SECRET: backendSecret,
      FAULTY_BACKEND_URL: faulty.url,
      REDIS_URL: redis.url,
      SWITCHED_REDIS_URL: switched.url,
      QDRANT_BACKEND_URL: `http://127.0.0.1:${qdrantBackend.port}`,
      SWITCHED_QDRANT_URL: switchedQdrant.url,
      OTLP_URL: otlp.url,
      QDRANT_READ_KEY: qdrantKeys.readOnlyApiKey,
      TEST_QDRANT: realUrl ? { url: realUrl, apiKey: realKey } : { url: qdrant.url, apiKey: qdrantKeys.apiKey },
      REDIS_TOKEN: token,
      KEY_PEPPER: pepper,
      ADMIN_TOKEN: "test-admin-token-that-has-more-than-32-bytes",
      TEST_KEYS: await seedKeys(new Redis({ url: redis.url, token, enableTelemetry: false }), pepper),
    },
    async close() {
      await Promise.all([backend.stop(), qdrantBackend.stop()]);
      await Promise.all([switched, faulty, switchedQdrant, qdrant, otlp].map((server) => server.close()));
      await redis.close();
      await backing.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The built-in model once more, as a revision that makes other vectors of the same inputs. @returns the folder of its folder. */
async function secondRevision(folder: string): Promise<string> {
  const own = join(folder, "emoji-dual@second");
  await cp(join(ROOT, "models/emoji-dual"), own, { recursive: true });
  const manifest = join(own, "manifest.json");
  const first = JSON.parse(await readFile(manifest, "utf8"));
  const text = { ...first.text, context_length: 6 };
  const image = { ...first.image, mean: [0.3, 0.5, 0.7] };
  await writeFile(manifest, JSON.stringify({ ...first, revision: "second", text, image }));
  return folder;
}

async function writeModel(modelsDir: string, name: string): Promise<void> {
  await mkdir(join(modelsDir, name), { recursive: true });
  for (const [file, bytes] of await tinyOfa(name)) await writeFile(join(modelsDir, name, file), bytes);
}

async function seedKeys(redis: Redis, pepper: string): Promise<Record<TestKey, string>> {
  const entries = Object.entries(TEST_KEYS).map(async ([name, { tenant, plan, scopes }]) => {
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

type Result = EmbedResult | WriteItemResult;

const BUSY: Result = { status: "failed", error: new ApiError("overloaded").toDetail() };

const withVector = (result: Result, spoil: (vector: Uint8Array) => Uint8Array): Result =>
  "embedding" in result ? { ...result, embedding: spoil(result.embedding) } : result;

/** What may be wrong with the results of an answer. Items that it says it had no time for are written all the same. */
const SPOILT: Readonly<Record<string, (result: Result, index: number) => Result>> = {
  up: (result) => result,
  nan: (result) => withVector(result, (vector) => vector.fill(0xff, 0, 4)),
  short: (result) => withVector(result, (vector) => vector.subarray(4)),
  busy: () => BUSY,
  "half-busy": (result, index) => (index % 2 === 0 ? result : BUSY),
};

const ANSWERS: Readonly<Record<string, z.ZodType<{ results: Result[] }>>> = {
  "/internal/v1/embed": EmbedResponse,
  "/internal/v1/items": WriteItemsResponse,
};

/** Modes: hang, reset, garbage, cut (dies in the middle of its answer), status-500 and so on; those of SPOILT, which `target` serves. */
const startFaultyBackend = (target: string): Promise<TestServer> =>
  startModal("garbage", async (mode, request, response) => {
    const spoil = SPOILT[mode];
    if (mode === "reset") request.socket.destroy();
    else if (mode.startsWith("status-"))
      response.writeHead(Number(mode.slice("status-".length))).end("<html>an error page</html>");
    else if (mode === "garbage") response.writeHead(200).end(Buffer.from([0xc1, 0xff, 0x00]));
    else if (mode === "cut") response.writeHead(200, { "content-length": 1000 }).write("x", () => response.destroy());
    else if (!spoil) request.resume();
    else {
      const { status, body } = await forward(request, target);
      const answer = ANSWERS[request.url ?? ""]?.safeParse(unpack(body)).data;
      response.writeHead(status).end(answer ? pack({ ...answer, results: answer.results.map(spoil) }) : body);
    }
  });

/** What a Redis may answer to each command that is not what the command answers. */
const STRANGE: Readonly<Record<string, unknown>> = { text: "surprise", list: ["surprise"], number: 7, nothing: null };

/** Modes: up, down, hang, garbage (no JSON), error; those of STRANGE. */
const startSwitchedProxy = (target: string): Promise<TestServer> =>
  startModal("up", async (mode, request, response) => {
    if (mode === "down") request.socket.destroy();
    else if (mode === "hang") request.resume();
    else if (mode === "garbage") response.end("<html>an error page</html>");
    else if (mode === "error") response.writeHead(500).end(`{"error":"ERR out of order"}`);
    else if (mode in STRANGE) {
      const commands: unknown[] = JSON.parse((await buffer(request)).toString());
      response.end(JSON.stringify(commands.map(() => ({ result: STRANGE[mode] }))));
    } else {
      const { status, body } = await forward(request, target);
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    }
  });

async function forward(request: IncomingMessage, target: string): Promise<{ status: number; body: Uint8Array }> {
  const headers = Object.entries(request.headers).filter(([name]) =>
    /^(api-key|authorization|content-type|sightline-|traceparent|upstash-|x-request-id)/.test(name),
  );
  const answer = await fetch(new URL(request.url ?? "/", target), {
    method: request.method ?? "POST",
    headers: headers.map(([name, value]) => [name, String(value)] as [string, string]),
    ...(request.method !== "GET" && { body: await buffer(request) }),
  });
  return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) };
}
