/**
 * The vector store asked without the backend: searches go on while no backend runs. Only what reads goes this way, so that the
 * edge needs no key with which it could write. Each call is a span, whose place in the trace its requests carry along.
 */
import { ApiError } from "@sightline/shared/errors";
import type { VectorSpace } from "@sightline/shared/store/port";
import type { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { physicalName } from "@sightline/shared/store/qdrant/space";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import type { Trace } from "../tracing/trace.ts";
import type { EdgeStore } from "./remote-store.ts";

interface DirectStoreParts {
  readonly connection: QdrantConnection;
  /** Who deletes. */
  readonly writes: Pick<EdgeStore, "delete">;
  /** How long a call that begins now may take. */
  readonly callMs: () => number;
  readonly trace: Trace;
}

export function directStore({ connection, writes, callMs, trace }: DirectStoreParts): EdgeStore {
  async function traced<T>(operation: string, space: VectorSpace, ask: (store: QdrantStore) => Promise<T>): Promise<T> {
    const collection = physicalName(space);
    const span = trace.call(`${operation} ${collection}`, {
      "db.system.name": "qdrant",
      "db.operation.name": operation,
      "db.collection.name": collection,
    });
    const { traceparent } = span;
    try {
      const answer = await ask(new QdrantStore({ connection, callMs, headers: () => ({ traceparent }) }));
      span.end();
      return answer;
    } catch (error) {
      span.end({}, nameOfFailure(error));
      throw error;
    }
  }
  return {
    delete: (...call) => writes.delete(...call),
    get: (space, ...call) => traced("get", space, (store) => store.get(space, ...call)),
    scroll: (space, ...call) => traced("scroll", space, (store) => store.scroll(space, ...call)),
    search: (space, ...call) => traced("search", space, (store) => store.search(space, ...call)),
    count: (space, ...call) => traced("count", space, (store) => store.count(space, ...call)),
  };
}

/** A caller's mistake is no failure of the store. */
function nameOfFailure(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return "internal_error";
  return error.status < 500 ? undefined : error.code;
}
