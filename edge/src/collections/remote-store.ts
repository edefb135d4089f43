/** The vector store seen through the backend: for deployments whose store is embedded in it (`npm start`). */
import { type StoreRequest, StoreResponses } from "@sightline/shared/internal/protocol";
import type { Point, VectorStore } from "@sightline/shared/store/port";
import { vectorFromBytes, vectorToBytes } from "@sightline/shared/vectors";
import type { z } from "zod";
import type { BackendClient, CallContext } from "../backend/client.ts";

/** What the edge does with a store. It creates no spaces and writes no points: the backend does. */
export type EdgeStore = Pick<VectorStore, "delete" | "get" | "scroll" | "search" | "count">;

type WirePoint = NonNullable<z.infer<typeof StoreResponses.get>["points"][number]>;

const toPoint = ({ vector, ...point }: WirePoint): Point => ({ ...point, vector: vectorFromBytes(vector) });

/** The tenant of every call is that of the signed token: `scope.tenant` must be the caller's, and is not sent. */
export function remoteStore(backend: BackendClient, context: CallContext): EdgeStore {
  const ask = <T>(request: StoreRequest, answer: z.ZodType<T>) =>
    backend.call("/internal/v1/store", request, answer, context);

  return {
    async delete(space, { collection }, selector) {
      const { deleted } = await ask({ op: "delete", space, collection, selector }, StoreResponses.delete);
      return deleted;
    },
    async get(space, { collection }, ids) {
      const { points } = await ask({ op: "get", space, collection, ids }, StoreResponses.get);
      return points.map((point) => (point ? toPoint(point) : undefined));
    },
    async scroll(space, { collection }, query) {
      const { points, next } = await ask({ op: "scroll", space, collection, ...query }, StoreResponses.scroll);
      return { points: points.map(({ vector, ...point }) => (vector ? toPoint({ ...point, vector }) : point)), next };
    },
    async search(space, { collection }, { vector, ...query }) {
      const request = { op: "search", space, collection, vector: vectorToBytes(vector), ...query } as const;
      const { hits } = await ask(request, StoreResponses.search);
      return hits.map(({ vector: bytes, ...hit }) => ({ ...hit, ...(bytes && { vector: vectorFromBytes(bytes) }) }));
    },
    count: (space, { collection }) => ask({ op: "count", space, collection }, StoreResponses.count),
  };
}
