import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { vectorToBytes } from "@sightline/shared/vectors";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { createImageFetcher } from "../media/fetch-image.ts";
import { createIntake } from "../media/intake.ts";
import { loadRegistry } from "../models/registry.ts";
import { Replica } from "../replica.ts";
import { openStore } from "../retrieval/open-store.ts";
import { createServer } from "../server.ts";
import { type QdrantServer, startQdrant } from "../testing/qdrant-server.ts";
import { registryOptions } from "../testing/registry-options.ts";
import { SECRET, signedClient } from "../testing/signed-client.ts";
import { unobserved } from "../testing/telemetry.ts";
import { TINY, writeTinyModel } from "../testing/tiny-model.ts";

const space = { id: "tiny", revision: "1", dims: TINY.dims };
const embedding = vectorToBytes(new Float32Array(TINY.dims).fill(1));
const item = (id: string) => ({ id, metadata: {}, source: { kind: "embedding", modality: "image", embedding } });

let modelsDir: string;
let qdrant: QdrantServer;
let replica: Replica;
let call: ReturnType<typeof signedClient>;

beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), "sightline-deadline-"));
  await writeTinyModel(modelsDir, "tiny");
  qdrant = await startQdrant();
  const log = pino({ level: "silent" });
  const config = readConfig({ BACKEND_SECRET: SECRET, VECTOR_STORE: "qdrant", QDRANT_URL: qdrant.url });
  replica = new Replica();
  replica.serve(await loadRegistry(registryOptions(modelsDir)), await openStore(config, log));
  const intake = createIntake({ fetchImage: createImageFetcher(), decodeConcurrency: 1 });
  const now = () => performance.now();
  const server = createServer({ config, replica, intake, ...unobserved(replica), log, now });
  call = signedClient((request) => server.fetch(request));
});
afterEach(async () => {
  await replica.registry?.close();
  await replica.store.close();
  await qdrant.close();
  await rm(modelsDir, { recursive: true });
});

/** Qdrant fails at writes of points for so long, and what it is asked afterwards is noted. */
async function writesAfter(ask: () => Promise<unknown>): Promise<number> {
  qdrant.failWith(({ path }) => (path.includes("wait=true") ? "hang" : undefined));
  await ask();
  qdrant.failWith(() => undefined);
  const before = qdrant.asked.length;
  await sleep(700);
  return qdrant.asked.length - before;
}

describe("nothing is written after the time of the call that asked for it", () => {
  const model = { id: space.id, revision: space.revision };
  const write = (items: readonly object[], deadlineMs: number) =>
    call("/internal/v1/items", { model, collection: "shop", pictures: false, items }, { deadlineMs });
  const ask = (op: object, deadlineMs: number) =>
    call("/internal/v1/store", { space, collection: "shop", ...op }, { deadlineMs });

  it("neither points nor deletions: the store gives up with the call", async () => {
    expect((await write([item("a")], 5000)).body.results).toMatchObject([{ status: "stored" }]);
    const statuses: number[] = [];
    const late = await writesAfter(async () => {
      statuses.push((await write([item("b")], 300)).status);
      statuses.push((await ask({ op: "delete", selector: { everything: true } }, 300)).status);
    });
    expect(statuses).toEqual([503, 503]);
    expect(late).toBe(0);
    expect((await ask({ op: "count" }, 5000)).body).toEqual({ text: 0, image: 1 });
  });
});
