/** The store that is measured: the embedded one, or Qdrant where `QDRANT_URL` names one. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { VectorSpace, VectorStore } from "@sightline/shared/store/port";
import { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import { ROOT } from "./paths.ts";
import { SCOPE } from "./search-data.ts";

export interface MeasuredStore extends AsyncDisposable {
  readonly name: string;
  readonly store: VectorStore;
  /** Bytes on disk, where they lie on this machine. */
  bytes(): Promise<number | undefined>;
}

const QDRANT_CALL_MS = 60_000;

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
  const dataDir = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  const store = await openEmbeddedStore({ dataDir, log: { info: () => undefined, warn: () => undefined } });
  await store.ensure(space);
  return {
    name: "embedded",
    store,
    bytes: () => bytesIn(dataDir),
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
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
    async [Symbol.asyncDispose]() {
      await store.delete(space, SCOPE, { everything: true });
      await store.close();
    },
  };
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    // A file may go while the store tidies up.
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
