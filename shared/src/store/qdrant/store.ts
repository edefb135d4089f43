/**
 * The vector store in Qdrant, for Node and for workerd: one physical collection per model revision, shared by all tenants.
 * The backend keeps one; the edge makes one for each request, which then shares the request's deadline.
 *
 * A write is acknowledged when Qdrant has applied it (`wait`) on as many replicas as the collection's write consistency
 * factor says, which by default is all of them: so that later reads see it, whichever replica they ask.
 */
import type { Schemas } from "@qdrant/js-client-rest";
import { z } from "zod";
import { Modality } from "../../api/collections.ts";
import { ApiError } from "../../errors.ts";
import type { ItemId } from "../../ids.ts";
import { readCursor, writeCursor } from "../cursor.ts";
import { PointId, pointId } from "../point-id.ts";
import type {
  DeleteSelector,
  Hit,
  Page,
  Point,
  Scope,
  ScrolledPoint,
  ScrollQuery,
  SearchEffort,
  SearchQuery,
  StoreHealth,
  VectorSpace,
  VectorStore,
} from "../port.ts";
import { checkLength } from "../vector-length.ts";
import { batches } from "./batches.ts";
import {
  type Budget,
  budgetOf,
  type ExtraHeaders,
  type QdrantConnection,
  QdrantError,
  type QdrantRequest,
} from "./connection.ts";
import { isMissingCollection } from "./faults.ts";
import type { QdrantFilter } from "./filter.ts";
import { FoundPoint, hitFields, ListedPoint, POINT_FIELDS, StoredPoint, toStored } from "./payload.ts";
import { type ClusterLayout, Completed, ensureSpace, physicalName } from "./space.ts";
import { whereOf } from "./where.ts";

interface QdrantStoreOptions {
  readonly connection: QdrantConnection;
  /** How many milliseconds a call that begins now may take. */
  readonly callMs: () => number;
  readonly layout?: ClusterLayout;
  /** Asked when a call begins; they go with each of its requests. */
  readonly headers?: () => ExtraHeaders;
}

/**
 * How widely a tenant's graph is searched (`hnsw_ef`), and how many candidates per hit are rescored with their originals: by
 * default enough to make good what int8 mixes up.
 */
const PARAMS = {
  default: { hnsw_ef: 128, quantization: { rescore: true, oversampling: 3 } },
  wide: { hnsw_ef: 512, quantization: { rescore: true, oversampling: 10 } },
  exhaustive: { exact: true, quantization: { ignore: true } },
} as const satisfies Record<"default" | SearchEffort, Schemas["SearchParams"]>;
/** Who asks for health does not wait long for it. */
const HEALTH_MS = 3000;

const Counted = z.object({ count: z.number().int() });
interface ScrolledPage<P extends ScrolledPoint> {
  readonly points: readonly P[];
  readonly next_page_offset?: PointId | null | undefined;
}
const pageOf = <T>(point: z.ZodType<T>) => z.object({ points: z.array(point), next_page_offset: PointId.nullish() });
const WholePage = pageOf(StoredPoint);
const ListedPage = pageOf(ListedPoint);
const Found = z.object({ points: z.array(FoundPoint) });

export class QdrantStore implements VectorStore {
  readonly #connection: QdrantConnection;
  readonly #callMs: () => number;
  readonly #layout: ClusterLayout;
  readonly #headers: () => ExtraHeaders;
  readonly #ensured = new Set<string>();
  #closed = false;

  constructor({ connection, callMs, layout = {}, headers = () => ({}) }: QdrantStoreOptions) {
    this.#connection = connection;
    this.#callMs = callMs;
    this.#layout = layout;
    this.#headers = headers;
  }

  async ensure(space: VectorSpace): Promise<void> {
    const budget = this.#begin();
    if (this.#ensured.has(physicalName(space))) return;
    await this.#connection.version(budget);
    await ensureSpace(this.#connection, space, this.#layout, budget);
    this.#ensured.add(physicalName(space));
  }

  async upsert(space: VectorSpace, scope: Scope, points: readonly Point[]): Promise<void> {
    const budget = this.#begin();
    for (const { vector } of points) checkLength(space, vector);
    const stored = await Promise.all(points.map((point) => toStored(scope, point)));
    for (const batch of batches(stored)) {
      const request = { collection_name: physicalName(space), wait: true, points: batch.map(({ point }) => point) };
      try {
        await this.#connection.write((api, init) => api.upsertPoints(request, init), Completed, budget);
      } catch (error) {
        // Somebody has deleted it: it is made again when the next call ensures it.
        if (isMissing(error)) this.#ensured.delete(physicalName(space));
        throw error;
      }
    }
  }

  async delete(space: VectorSpace, scope: Scope, selector: DeleteSelector): Promise<number> {
    const budget = this.#begin();
    if ("ids" in selector && selector.ids.length === 0) return 0;
    const where = whereOf(scope, {
      ids: "ids" in selector ? await pointIds(scope, selector.ids) : undefined,
      filter: "filter" in selector ? selector.filter : undefined,
    });
    // Qdrant does not tell how many it deletes.
    const there = await this.#count(space, where, budget);
    if (there === 0) return 0;
    const request = { collection_name: physicalName(space), wait: true, filter: where };
    await this.#connection.write((api, init) => api.deletePoints(request, init), Completed, budget);
    return there;
  }

  async get(space: VectorSpace, scope: Scope, ids: readonly ItemId[]): Promise<(Point | undefined)[]> {
    const budget = this.#begin();
    if (ids.length === 0) return [];
    const keys = await pointIds(scope, ids);
    const request = { filter: whereOf(scope, { ids: keys }), limit: keys.length, with_vector: true };
    const page = await this.#scroll(space, request, WholePage, budget);
    const points = new Map(page.points.map((point) => [point.id, point]));
    return ids.map((id) => points.get(id));
  }

  async scroll(space: VectorSpace, scope: Scope, query: ScrollQuery): Promise<Page> {
    const { limit, filter, cursor, withVectors = true } = query;
    const budget = this.#begin();
    const offset = cursor === undefined ? undefined : await readCursor(scope, cursor);
    const request = { filter: whereOf(scope, { filter }), limit, offset, with_vector: withVectors };
    const page = await this.#scroll(space, request, ListedPage, budget);
    // The first point of the next page. Should it be gone by then, the one after it is.
    const { points, next_page_offset: next } = page;
    return next ? { points, next: await writeCursor(scope, next) } : { points };
  }

  async search(space: VectorSpace, scope: Scope, query: SearchQuery): Promise<Hit[]> {
    const budget = this.#begin();
    const { vector, topK, modality, filter, scoreThreshold = Number.NEGATIVE_INFINITY, includeVectors = false } = query;
    const { withMetadata = true, effort = "default" } = query;
    checkLength(space, vector);
    const request = {
      collection_name: physicalName(space),
      query: Array.from(vector),
      filter: whereOf(scope, { modality, filter }),
      limit: topK,
      params: PARAMS[effort],
      with_payload: hitFields(withMetadata),
      with_vector: includeVectors,
    };
    const ask: QdrantRequest = (api, init) => api.queryPoints(request, init);
    const { points } = await this.#read({ points: [] }, (connection) =>
      effort === "exhaustive" ? connection.readOnce(ask, Found, budget) : connection.read(ask, Found, budget),
    );
    // Qdrant's own threshold leaves out what is equal to it.
    return points
      .filter(({ score }) => score >= scoreThreshold)
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  }

  async count(space: VectorSpace, scope: Scope): Promise<Record<Modality, number>> {
    const budget = this.#begin();
    const [text, image] = await Promise.all(
      [Modality.enum.text, Modality.enum.image].map((modality) =>
        this.#count(space, whereOf(scope, { modality }), budget),
      ),
    );
    return { text: text ?? 0, image: image ?? 0 };
  }

  async health(): Promise<StoreHealth> {
    try {
      const budget = this.#begin(HEALTH_MS);
      const version = await this.#connection.version(budget);
      // The version is told to everybody; this is refused without a key that may read.
      await this.#connection.read((api, init) => api.getCollections({}, init), z.object({}), budget);
      return { status: "ok", detail: `Qdrant ${version}` };
    } catch (error) {
      const reason = error instanceof ApiError && error.cause instanceof Error ? error.cause.message : String(error);
      return { status: "down", detail: reason };
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #begin(atMostMs = Number.POSITIVE_INFINITY): Budget {
    if (this.#closed) throw new ApiError("store_unavailable", { cause: new Error("the store is closed") });
    return budgetOf(Math.min(this.#callMs(), atMostMs), this.#headers());
  }

  #scroll<P extends ScrolledPoint>(
    space: VectorSpace,
    page: Pick<Schemas["ScrollRequest"], "limit" | "with_vector"> & {
      readonly filter: QdrantFilter;
      readonly offset?: PointId | undefined;
    },
    answer: z.ZodType<ScrolledPage<P>>,
    budget: Budget,
  ): Promise<ScrolledPage<P>> {
    const request = { collection_name: physicalName(space), ...page, with_payload: POINT_FIELDS };
    return this.#read({ points: [] }, (connection) =>
      connection.read((api, init) => api.scrollPoints(request, init), answer, budget),
    );
  }

  async #count(space: VectorSpace, filter: QdrantFilter, budget: Budget): Promise<number> {
    const request = { collection_name: physicalName(space), filter, exact: true };
    const { count } = await this.#read({ count: 0 }, (connection) =>
      connection.read((api, init) => api.countPoints(request, init), Counted, budget),
    );
    return count;
  }

  /** A space that was never ensured holds nothing. */
  async #read<T>(nothing: T, ask: (connection: QdrantConnection) => Promise<T>): Promise<T> {
    try {
      return await ask(this.#connection);
    } catch (error) {
      if (isMissing(error)) return nothing;
      throw error;
    }
  }
}

const isMissing = (error: unknown): boolean => error instanceof QdrantError && isMissingCollection(error.fault);

const pointIds = (scope: Scope, ids: readonly ItemId[]): Promise<PointId[]> =>
  Promise.all([...new Set(ids)].map((id) => pointId(scope, id)));
