/** The backend as a process: what survives its death, and how it ends. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { forgePng } from "@sightline/shared/testing/png";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BatcherStats } from "./inference/batcher.ts";
import { killBackends, spawnBackend, startBackend as start } from "./testing/backend-process.ts";
import { SECRET } from "./testing/signed-client.ts";
import { writeTinyModel } from "./testing/tiny-model.ts";

const model = { id: "emoji-dual", revision: "" };
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "sightline main "));
});
afterEach(async () => {
  await killBackends();
  rmSync(dataDir, { recursive: true });
});

async function startBackend(environment: Record<string, string> = {}) {
  const backend = await start({ DATA_DIR: dataDir, MODELS: model.id, ...environment });
  const { body } = await backend.call("/internal/v1/models", {});
  model.revision = body.models[0].revision;
  return { ...backend, dims: body.models[0].dims as number };
}

/** How many texts the backend has taken so far, answered or waiting. */
async function accepted(port: number): Promise<number> {
  const report = (await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as {
    components: { models: { loaded: [{ text: BatcherStats }] } };
  };
  const { queued, batches, meanBatchSize } = report.components.models.loaded[0].text;
  return queued.interactive + queued.bulk + Math.round(batches * meanBatchSize);
}

const item = (id: string) => ({ id, metadata: {}, source: { kind: "text", text: `thing ${id}` } });

describe("the backend's process", () => {
  it("keeps every acknowledged item when it is killed", async () => {
    const first = await startBackend();
    const items = Array.from({ length: 40 }, (_, i) => item(`item-${i}`));
    const written = await first.call("/internal/v1/items", { model, collection: "kept", pictures: true, items });
    expect(written.body.results.every((r: { status: string }) => r.status === "stored")).toBe(true);
    first.child.kill("SIGKILL");
    await once(first.child, "exit");

    const second = await startBackend();
    const space = { ...model, dims: second.dims };
    const { body } = await second.call("/internal/v1/store", { op: "count", space, collection: "kept" });
    expect(body).toEqual({ text: 40, image: 0 });
  });

  it("answers what it has accepted and ends with code 0 on SIGTERM", async () => {
    const { child, call, port } = await startBackend();
    const inputs = Array.from({ length: 64 }, (_, i) => ({ kind: "text", text: `some words ${i}` }));
    const calls = Array.from({ length: 12 }, () => call("/internal/v1/embed", { model, lane: "bulk", inputs }));
    await expect.poll(() => accepted(port), { timeout: 20_000 }).toBeGreaterThanOrEqual(12 * 64);
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const replies = await Promise.allSettled(calls);
    expect(replies.filter((r) => r.status === "fulfilled" && r.value.status === 200)).toHaveLength(12);
    expect(await gone).toEqual([0, null]);
  });

  it("serves what the folders of models hold after a SIGHUP, and goes on with the rest", async () => {
    const modelsDir = join(dataDir, "models");
    const folder = await writeTinyModel(modelsDir, "tiny");
    const { child, call } = await startBackend({ MODELS_DIR: modelsDir, MODELS: "tiny" });
    const revisions = async () => {
      const { body } = await call("/internal/v1/models", {});
      return body.models.map((served: { revision: string }) => served.revision);
    };
    await writeTinyModel(modelsDir, "tiny@2");
    child.kill("SIGHUP");
    await expect.poll(revisions, { timeout: 20_000 }).toEqual(["1", "2"]);
    rmSync(folder, { recursive: true });
    for (let i = 0; i < 5; i++) child.kill("SIGHUP");
    await expect.poll(revisions, { timeout: 20_000 }).toEqual(["2"]);
    const inputs = [{ kind: "text", text: "still here" }];
    const answer = await call("/internal/v1/embed", { model: { id: "tiny", revision: "2" }, lane: "bulk", inputs });
    expect(answer.status).toBe(200);
  });

  it("logs each call, and neither its own secrets nor anything that callers send", async () => {
    const hush = "hush-hush";
    const { call, output, dims } = await startBackend({ LOG_LEVEL: "trace", QDRANT_API_KEY: hush });
    const broken = forgePng({ width: 1, height: 1, pixels: Buffer.from(hush) });
    const inputs = [
      { kind: "text", text: hush },
      { kind: "image", bytes: broken },
      { kind: "image_url", url: `http://127.0.0.1:1/${hush}` },
    ];
    const embed = { model, lane: "interactive", inputs };
    const items = inputs.map((source, i) => ({ id: `${hush}-${i}`, metadata: { hush }, source }));
    const space = { ...model, dims };
    const statuses = [
      await call("/internal/v1/embed", embed),
      await call("/internal/v1/items", { model, collection: hush, pictures: true, items }),
      await call("/internal/v1/store", { op: "get", space, collection: hush, ids: [`${hush}-0`] }),
      await call("/internal/v1/embed", { ...embed, [hush]: hush, lane: hush }),
      await call("/internal/v1/embed", embed, { secret: `${hush} ${hush} ${hush} ${hush}` }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200, 500, 401]);
    // The models have been asked for, too.
    const logged = () => output().split(`"route":"/internal/`).length - 1;
    await expect.poll(logged, { timeout: 20_000 }).toBe(statuses.length + 1);
    // Base64 of `{"`, as every token begins.
    for (const hidden of [SECRET, hush, "eyJ"]) expect(output()).not.toContain(hidden);
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === "IPv6"));
  if (!hasIpv6)
    console.warn("\n  SKIPPED: no IPv6 on this machine; whether the backend listens on it is not checked\n");
  it.skipIf(!hasIpv6)("answers a health check that names no host where it listens on IPv6", async () => {
    const { port } = await startBackend({ HOST: "::" });
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /healthz HTTP/1.0\r\n\r\n");
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("ends when the parent that started it goes away", async () => {
    const { child } = await startBackend();
    const gone = once(child, "exit");
    child.disconnect();
    expect(await gone).toEqual([0, null]);
  });

  it("names a setting that is wrong, and the folder that another process holds", async () => {
    const wrong = spawnBackend({ DATA_DIR: dataDir, MAX_QUEUE: "many" });
    expect(await once(wrong.child, "exit")).toEqual([1, null]);
    expect(wrong.output()).toContain("MAX_QUEUE");

    await startBackend();
    const second = spawnBackend({ DATA_DIR: dataDir });
    expect(await once(second.child, "exit")).toEqual([1, null]);
    expect(second.output()).toContain(dataDir);
  });
});
