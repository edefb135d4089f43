/** Opens the vector store that the configuration names. */

import { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { callMsLeft } from "../deadline.ts";
import { type EmbeddedStore, openEmbeddedStore } from "./embedded-store.ts";

/** How long one call of the store may take at most; less where the call that wants it has less time left. */
const QDRANT_CALL_MS = 20_000;

/**
 * @param outgoingHeaders of each request to Qdrant.
 * @throws Error if the embedded store's folder cannot be had. A Qdrant that is away may come back: only `health` tells.
 */
export async function openStore(
  config: Config,
  log: Pick<Logger, "info" | "warn">,
  outgoingHeaders: () => Readonly<Record<string, string>> = () => ({}),
): Promise<EmbeddedStore | QdrantStore> {
  if (config.VECTOR_STORE === "embedded") return openEmbeddedStore({ dataDir: config.DATA_DIR, log });
  const store = new QdrantStore({
    connection: new QdrantConnection({ url: config.QDRANT_URL ?? "", apiKey: config.QDRANT_API_KEY }),
    callMs: () => Math.min(QDRANT_CALL_MS, callMsLeft()),
    headers: outgoingHeaders,
    layout: {
      shardNumber: config.QDRANT_SHARD_NUMBER,
      replicationFactor: config.QDRANT_REPLICATION_FACTOR,
      writeConsistencyFactor: config.QDRANT_WRITE_CONSISTENCY_FACTOR,
    },
  });
  const { status, detail } = await store.health();
  log[status === "ok" ? "info" : "warn"]({ status, detail }, "vector store");
  return store;
}
