/** `POST /internal/v1/store`: the vector-store port over the wire. The tenant is always that of the token. */
import { type StoreRequest as Request, StoreRequest } from "@sightline/shared/internal/protocol";
import { hasVector, type Point, type Scope, type VectorStore } from "@sightline/shared/store/port";
import { vectorFromBytes, vectorToBytes } from "@sightline/shared/vectors";
import type { Replica } from "../replica.ts";
import type { InternalApi } from "./internal-call.ts";

export function storeRoute(api: InternalApi, replica: Replica): void {
  api.post("/internal/v1/store", StoreRequest, (request, { tenant }) =>
    run(replica.store, { tenant, collection: request.collection }, request),
  );
}

const toWire = (point: Point) => ({ ...point, vector: vectorToBytes(point.vector) });

async function run(store: VectorStore, scope: Scope, request: Request): Promise<unknown> {
  const { space } = request;
  switch (request.op) {
    case "delete":
      return { deleted: await store.delete(space, scope, request.selector) };
    case "get": {
      const points = await store.get(space, scope, request.ids);
      return { points: points.map((point) => (point ? toWire(point) : null)) };
    }
    case "scroll": {
      const { points, next } = await store.scroll(space, scope, request);
      return { points: points.map((point) => (hasVector(point) ? toWire(point) : point)), next };
    }
    case "search": {
      const hits = await store.search(space, scope, { ...request, vector: vectorFromBytes(request.vector) });
      return { hits: hits.map((hit) => ({ ...hit, ...(hit.vector && { vector: vectorToBytes(hit.vector) }) })) };
    }
    case "count":
      return store.count(space, scope);
  }
}
