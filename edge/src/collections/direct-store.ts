/**
 * The vector store asked without the backend: searches go on while no backend runs. Only what reads goes this way, so that the
 * edge needs no key with which it could write.
 */
import type { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import type { EdgeStore } from "./remote-store.ts";

/** @param callMs how long a call that begins now may take. */
export function directStore(
  connection: QdrantConnection,
  writes: Pick<EdgeStore, "delete">,
  callMs: () => number,
): EdgeStore {
  const store = new QdrantStore({ connection, callMs });
  return {
    delete: (...call) => writes.delete(...call),
    get: (...call) => store.get(...call),
    scroll: (...call) => store.scroll(...call),
    search: (...call) => store.search(...call),
    count: (...call) => store.count(...call),
  };
}
