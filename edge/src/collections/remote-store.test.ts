/**
 * The store behind the backend, embedded there and asked over the wire, by the same suite as every other. Its vectors have the
 * built-in model's length, because the backend writes for models that it serves: the suite's are filled up with zeros, which
 * changes no cosine.
 */
import { ApiError } from "@sightline/shared/errors";
import { type ModelRevision, requestIdFrom, type TenantId } from "@sightline/shared/ids";
import { isServedOf, WriteItemsResponse } from "@sightline/shared/internal/protocol";
import { describeVectorStore } from "@sightline/shared/store/conformance";
import type { Point, Scope, VectorSpace, VectorStore } from "@sightline/shared/store/port";
import { checkLength } from "@sightline/shared/store/vector-length";
import { vectorToBytes } from "@sightline/shared/vectors";
import { type CallContext, createBackendClient } from "../backend/client.ts";
import { Origin } from "../backend/origins.ts";
import { deadlineIn } from "../deadline.ts";
import { env } from "../testing/client.ts";
import { beginTrace } from "../tracing/trace.ts";
import { type EdgeStore, remoteStore } from "./remote-store.ts";

const origin = Origin.parse({ id: "home", url: String(env.BACKEND_URL) });
const backend = createBackendClient({ origins: [origin], secret: String(env.BACKEND_SECRET) });

const contextOf = (tenant: TenantId): CallContext => ({
  tenant,
  requestId: requestIdFrom(undefined),
  deadline: deadlineIn(20_000),
  trace: beginTrace(undefined, undefined),
  region: undefined,
});

describeVectorStore("remote", async () => {
  const { models } = await backend.models(contextOf("acme" as TenantId));
  const served = models.find((model) => isServedOf(model, "clip"));
  if (!served) throw new Error("the world's backend serves a model");
  return { store: asStore({ ...served, dims: served.dims }), dispose: async () => {} };
});

/** Completes the edge's view to a whole store: it writes as the worker does, by items that bring their vectors. */
function asStore(served: ModelRevision & { readonly dims: number }): VectorStore {
  /** The suite's first space is that of the served revision; the others are of revisions that nobody serves. */
  const spaceOf = ({ revision }: VectorSpace): VectorSpace => ({
    id: served.id,
    revision: revision === "first" ? served.revision : revision,
    dims: served.dims,
  });
  const fill = (vector: Float32Array): Float32Array => {
    const filled = new Float32Array(served.dims);
    filled.set(vector);
    return filled;
  };
  const cut = <T extends { readonly vector?: Float32Array }>(space: VectorSpace, found: T): T =>
    found.vector ? { ...found, vector: found.vector.slice(0, space.dims) } : found;
  const remote = ({ tenant }: Scope): EdgeStore => remoteStore(backend, contextOf(tenant));

  return {
    ensure: async () => {},
    async upsert(space, { tenant, collection }, points) {
      // The items route refuses such points one by one; a store refuses the call.
      for (const { vector } of points) checkLength(space, vector);
      const items = points.map(({ id, metadata, modality, vector, text }: Point) => {
        const source = { kind: "embedding", modality, embedding: vectorToBytes(fill(vector)), text } as const;
        return { id, metadata, source };
      });
      const { id, revision } = spaceOf(space);
      const request = { model: { id, revision }, collection, items, pictures: false };
      const { results } = await backend.call("/internal/v1/items", request, WriteItemsResponse, contextOf(tenant));
      for (const result of results) if (result.status === "failed") throw ApiError.fromDetail(result.error);
    },
    delete: (space, scope, selector) => remote(scope).delete(spaceOf(space), scope, selector),
    async get(space, scope, ids) {
      const points = await remote(scope).get(spaceOf(space), scope, ids);
      return points.map((found) => found && cut(space, found));
    },
    async scroll(space, scope, query) {
      const { points, ...page } = await remote(scope).scroll(spaceOf(space), scope, query);
      return { points: points.map((found) => cut(space, found)), ...page };
    },
    async search(space, scope, { vector, ...query }) {
      checkLength(space, vector);
      const hits = await remote(scope).search(spaceOf(space), scope, { vector: fill(vector), ...query });
      return hits.map((found) => cut(space, found));
    },
    count: (space, scope) => remote(scope).count(spaceOf(space), scope),
    health: async () => ({ status: "ok", detail: "the backend tells of its own" }),
    close: async () => {},
  };
}
