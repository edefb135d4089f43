import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadRegistry } from "../models/registry.ts";
import { Replica } from "../replica.ts";
import { openEmbeddedStore } from "../retrieval/embedded-store.ts";
import { tinyModelFiles, writeTinyModel } from "../testing/tiny-model.ts";
import { healthRoutes } from "./health.ts";

const files = tinyModelFiles();
const log = { info: () => {}, warn: () => {} };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "health-"));
});
afterEach(() => rm(folder, { recursive: true }));

interface Readiness {
  readonly status: string;
  readonly components: { readonly models: Readonly<Record<"loaded" | "missing" | "refused" | "status", unknown>> };
  readonly memory: { readonly rss_bytes: number; readonly gpus: readonly unknown[] };
}

interface Answer {
  readonly code: number;
  readonly status: string;
  readonly memory: Readiness["memory"];
  readonly models: Readiness["components"]["models"];
}

type Wanted = readonly string[] | "all";

/** @param look asks the open replica, as often as it likes. */
async function withReplica<T>(wanted: Wanted, look: (ask: () => Promise<Answer>) => Promise<T>): Promise<T> {
  const registry = await loadRegistry({
    modelsDirs: [join(folder, "models")],
    wanted,
    variants: ["fp32"],
    engine: {
      providers: ["coreml", "cpu"],
      threads: 1,
      maxImageBatch: 2,
      maxTextBatch: 2,
      maxPairBatch: 2,
      maxQueue: 4,
    },
    log,
    now: () => performance.now(),
  });
  const store = await openEmbeddedStore({ dataDir: join(folder, "vectors"), log });
  const replica = new Replica();
  replica.serve(registry, store);
  const app = new Hono();
  healthRoutes(app, replica, async () => [{ device: "0", usedBytes: 1, totalBytes: 2 }]);
  try {
    return await look(async () => {
      const response = await app.request("/readyz");
      const { status, components, memory } = (await response.json()) as Readiness;
      return { code: response.status, status, models: components.models, memory };
    });
  } finally {
    await registry.close();
    await store.close();
  }
}

const readiness = (wanted: Wanted) => withReplica(wanted, (ask) => ask());

const good = (name: string) => writeTinyModel(join(folder, "models"), name, files);
const bad = async (name: string) => rm(join(await good(name), "text.onnx"));
const refused = (id: string) => ({ id, reason: "manifest.json: text.onnx is missing; pull the model again" });

describe("a replica", () => {
  it("is ready and says what it serves, how, and at what cost", async () => {
    await good("tiny");
    const { code, status, models, memory } = await readiness("all");
    expect([code, status]).toEqual([200, "ok"]);
    expect(memory.gpus).toEqual([{ device: "0", used_bytes: 1, total_bytes: 2 }]);
    // At least what Node itself takes, and no more than there is: bytes, not kB.
    expect(memory.rss_bytes).toBeGreaterThan(20e6);
    expect(memory.rss_bytes).toBeLessThan(totalmem());
    const provider = { chosen: "cpu", refused: [{ provider: "coreml", reason: expect.any(String) }] };
    expect(models.loaded).toMatchObject([
      {
        id: "tiny",
        revision: "1",
        folder: join(folder, "models", "tiny"),
        loadMs: expect.any(Number),
        loadingBytes: 2 * (files.image.length + files.text.length),
        image: { variant: "fp32", provider },
        text: { variant: "fp32", provider },
      },
    ]);
  });

  it("that serves what it finds is ready while one model works", async () => {
    await good("one");
    await bad("two");
    const { code, status, models } = await readiness("all");
    expect([code, status]).toEqual([200, "degraded"]);
    expect(models).toMatchObject({ status: "degraded", missing: [], refused: [refused("two")] });
  });

  it("that has to serve a model by name is not ready without it", async () => {
    await good("one");
    await bad("two");
    const { code, status, models } = await readiness(["one", "two"]);
    expect([code, status]).toEqual([503, "down"]);
    expect(models).toMatchObject({ status: "down", missing: ["two"], refused: [refused("two")] });
    expect(models.loaded).toHaveLength(1);
  });

  it("stays ready when only a further revision of that model is refused", async () => {
    await good("one");
    await bad("one@2");
    const { code, status, models } = await readiness(["one"]);
    expect([code, status]).toEqual([200, "degraded"]);
    expect(models).toMatchObject({ missing: [], refused: [refused("one@2")] });
  });

  it("is not ready while a session of a model that it has to serve is being replaced", async () => {
    await good("one");
    await good("two");
    const workers: Worker[] = [];
    const note = (worker: Worker) => workers.push(worker);
    process.on("worker", note);
    await withReplica(["one", "two"], async (ask) => {
      process.off("worker", note);
      expect((await ask()).code).toBe(200);
      // The first was refused: each provider that is tried has a worker of its own.
      await workers[1]?.terminate();
      const { code, models } = await ask();
      expect([code, models.status, models.missing]).toEqual([503, "down", ["one"]]);
      expect(models.loaded).toMatchObject([{ status: "down", image: { alive: false } }, { status: "ok" }]);
      await expect.poll(async () => (await ask()).code, { timeout: 20_000 }).toBe(200);
    });
  });

  it("without any model is not ready", async () => {
    expect(await readiness("all")).toMatchObject({ code: 503, status: "down", models: { loaded: [], refused: [] } });
  });
});
