/** The store that is measured: the embedded one, or Qdrant where `QDRANT_URL` names one. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { VectorSpace, VectorStore } from "@sightline/shared/store/port";
import { budgetOf, QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { physicalName } from "@sightline/shared/store/qdrant/space";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import { z } from "zod";
import { temporaryFolder } from "./leftovers.ts";
import { ROOT } from "./paths.ts";
import { SCOPE } from "./search-data.ts";

export interface MeasuredStore extends AsyncDisposable {
  readonly name: string;
  readonly store: VectorStore;
  /** Bytes on disk; undefined where they lie with another process, whose memory is not ours to see either. */
  bytes(): Promise<number | undefined>;
  /** Ends when the index holds what was written. */
  settled(): Promise<void>;
}

const QDRANT_CALL_MS = 60_000;
/** How long Qdrant may take for its index, how often it is asked, and how often in a row it has to say that all is done. */
const INDEX_MS = 30 * 60_000;
const POLL_MS = 1000;
const GREEN_TIMES = 3;

export async function openMeasuredStore(space: VectorSpace): Promise<MeasuredStore> {
  const { QDRANT_URL: url, QDRANT_API_KEY: apiKey } = process.env;
  return url ? openQdrant(space, url, apiKey) : openEmbedded(space);
}

async function openEmbedded(space: VectorSpace): Promise<MeasuredStore> {
  // The service is no library: its modules are loaded by their place.
  const module = pathToFileURL(join(ROOT, "gpu-backend/src/retrieval/embedded-store.ts")).href;
  const { openEmbeddedStore } = (await import(module)) as {
    openEmbeddedStore(options: { dataDir: string; log: { info(): void; warn(): void } }): Promise<VectorStore>;
  };
  const folder = await temporaryFolder();
  const store = await openEmbeddedStore({
    dataDir: folder.path,
    log: { info: () => undefined, warn: () => undefined },
  });
  await store.ensure(space);
  return {
    name: "embedded",
    store,
    bytes: () => bytesIn(folder.path),
    settled: async () => undefined,
    async [Symbol.asyncDispose]() {
      await store.close();
      folder[Symbol.dispose]();
    },
  };
}

async function openQdrant(space: VectorSpace, url: string, apiKey: string | undefined): Promise<MeasuredStore> {
  const connection = new QdrantConnection({ url, apiKey });
  const store = new QdrantStore({ connection, callMs: () => QDRANT_CALL_MS });
  await store.ensure(space);
  await store.delete(space, SCOPE, { everything: true });
  return {
    name: "Qdrant",
    store,
    bytes: async () => undefined,
    settled: () => untilGreen(connection, physicalName(space)),
    async [Symbol.asyncDispose]() {
      await store.delete(space, SCOPE, { everything: true });
      await store.close();
    },
  };
}

const State = z.object({ status: z.enum(["green", "yellow", "grey", "red"]) });

/** Qdrant builds its graphs after a write is done: until then it searches without them, slowly and exactly. */
async function untilGreen(connection: QdrantConnection, collection: string): Promise<void> {
  const until = performance.now() + INDEX_MS;
  // Green may also mean that the building has not begun yet.
  for (let green = 0; green < GREEN_TIMES; await sleep(POLL_MS)) {
    const { status } = await connection.read(
      (api, init) => api.getCollection({ collection_name: collection }, init),
      State,
      budgetOf(QDRANT_CALL_MS),
    );
    if (status === "red") throw new Error("Qdrant says that its collection is red: its log tells why");
    green = status === "green" ? green + 1 : 0;
    if (performance.now() > until)
      throw new Error(`Qdrant's index is ${status} ${INDEX_MS / 60_000} minutes after the last write`);
  }
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    // A file may go while the store tidies up.
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
