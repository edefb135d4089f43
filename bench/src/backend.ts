/** The real inference service as a child process, and the edge's side of its internal API. */
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { TenantId } from "@sightline/shared/ids";
import { EmbedResponse, MSGPACK, pack, type Timings, unpack } from "@sightline/shared/internal/protocol";
import { importSigningKey, type SigningKey, signCall } from "@sightline/shared/internal/token";
import { vectorFromBytes } from "@sightline/shared/vectors";
import { z } from "zod";
import { startChild } from "./child.ts";
import { temporaryFolder } from "./leftovers.ts";
import { ROOT } from "./paths.ts";
import type { VitModel } from "./vit.ts";

const TENANT = TenantId.parse("bench");

const Ready = z.object({ ready: z.object({ port: z.number() }) });
const Readiness = z.object({
  components: z.object({ models: z.object({ loaded: z.tuple([z.record(z.string(), z.unknown())]) }) }),
});
const Graph = z.object({
  provider: z.object({ chosen: z.string() }),
  batches: z.number(),
  meanBatchSize: z.number(),
});

interface Answer {
  /** L2-normalised. */
  readonly vector: Float32Array;
  readonly timings: Timings;
}

/** The service, and a way to call it as the edge does. */
export interface Service extends AsyncDisposable {
  readonly url: string;
  /** @throws Error if it is not answered with 200 and what the schema says. */
  call<T>(path: string, request: unknown, answer: z.ZodType<T>): Promise<T>;
  /** What it says of a graph of its one model: the execution provider that runs it, its batches since the start. */
  graph(name: string): Promise<z.infer<typeof Graph>>;
}

export interface Backend extends AsyncDisposable {
  /** One image in one call. @throws Error if it is not answered with a vector. */
  embed(jpeg: Uint8Array): Promise<Answer>;
  /** What runs the image tower: the first of EXECUTION_PROVIDERS that could. */
  readonly provider: string;
  /** Batches that the image tower has run since the start, and the images in them. */
  batches(): Promise<{ readonly batches: number; readonly images: number }>;
}

interface ServedFolder {
  readonly id: string;
  /** The folder that holds the model's folder. */
  readonly modelsDir: string;
}

/** Starts the service with its own defaults, one model and `threads` intra-op threads, and waits until it is ready. */
export async function startService(model: ServedFolder, threads: number): Promise<Service> {
  const secret = randomBytes(32).toString("hex");
  const key = await importSigningKey(secret);
  const folder = await temporaryFolder();
  const environment = {
    BACKEND_SECRET: secret,
    HOST: "127.0.0.1",
    PORT: "0",
    MODELS_DIR: model.modelsDir,
    MODELS: model.id,
    INFERENCE_THREADS: String(threads),
    DATA_DIR: folder.path,
    // As the image starts it.
    UV_THREADPOOL_SIZE: String(availableParallelism() + 4),
    LOG_LEVEL: "warn",
  };
  const child = await startChild(join(ROOT, "gpu-backend/src/main.ts"), ROOT, environment, Ready);
  const url = `http://127.0.0.1:${child.ready.ready.port}`;
  return {
    url,
    call: async (path, request, answer) => answer.parse(await send(url, key, path, request)),
    async graph(name) {
      const { components } = Readiness.parse(await (await fetch(`${url}/readyz`)).json());
      return Graph.parse(components.models.loaded[0][name]);
    },
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

async function send(url: string, key: SigningKey, path: string, request: unknown): Promise<unknown> {
  const body = pack(request);
  const token = await signCall(key, { tenant: TENANT, path, body });
  const response = await fetch(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": MSGPACK },
    body: body as Uint8Array<ArrayBuffer>,
  });
  const answer = unpack(new Uint8Array(await response.arrayBuffer()));
  if (!response.ok) throw new Error(`the backend answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

/** @throws as `startService`. */
export async function startBackend(model: VitModel, threads: number): Promise<Backend> {
  const service = await startService(model, threads);
  const { provider } = await service.graph("image");
  return {
    provider: provider.chosen,
    embed: (jpeg) => embed(service, model, jpeg),
    batches: async () => {
      const { batches, meanBatchSize } = await service.graph("image");
      return { batches, images: batches * meanBatchSize };
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

async function embed({ call }: Service, { id, revision }: VitModel, jpeg: Uint8Array): Promise<Answer> {
  const request = { model: { id, revision }, lane: "interactive", inputs: [{ kind: "image", bytes: jpeg }] };
  const { results, timings } = await call("/internal/v1/embed", request, EmbedResponse);
  const [result] = results;
  if (result?.status !== "ok") throw new Error(`the backend refused a picture: ${JSON.stringify(result?.error)}`);
  return { vector: vectorFromBytes(result.embedding), timings };
}
