/** One collection of the double: points in memory, searched exactly. */
import type { z } from "zod";
import { dot, normalise } from "../../vectors.ts";
import type { Results } from "./answers.ts";
import { keysOf, matches, type StoredPoint } from "./filter.ts";
import type {
  CountPoints,
  CreateCollection,
  DeletePoints,
  ExtendedPointId,
  Filter,
  KeywordIndex,
  QueryPoints,
  ScrollPoints,
  UpdateCollection,
  UpsertPoints,
  WithPayload,
} from "./requests.ts";

interface DoublePoint extends StoredPoint {
  readonly vector: Float32Array;
  readonly version: number;
}

/** A request that is well formed and yet wrong: 400. */
export class BadInput extends Error {}

/** Ids in Qdrant's order: numbers before UUIDs. */
const byId = ({ id: a }: StoredPoint, { id: b }: StoredPoint): number => {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
};

export class DoubleCollection {
  #config: CreateCollection;
  readonly #indexes = new Map<string, KeywordIndex>();
  readonly #points = new Map<ExtendedPointId, DoublePoint>();
  #operations = 0;

  constructor(config: CreateCollection) {
    this.#config = config;
  }

  /** What a snapshot of it holds. */
  dump(): Uint8Array<ArrayBuffer> {
    const points = [...this.#points.values()].map((point) => ({ ...point, vector: Array.from(point.vector) }));
    return new TextEncoder().encode(JSON.stringify({ config: this.#config, indexes: [...this.#indexes], points }));
  }

  /** @throws BadInput if that is no dump. */
  static restored(dump: Uint8Array): DoubleCollection {
    try {
      const { config, indexes, points } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(dump));
      const collection = new DoubleCollection(config);
      for (const [field, params] of indexes) collection.createIndex(field, params);
      collection.upsert({ points });
      return collection;
    } catch (cause) {
      throw new BadInput("Wrong input: failed to unpack the snapshot", { cause });
    }
  }

  info(): Results["collection"] {
    const { vectors, hnsw_config: hnsw, quantization_config: quantization } = this.#config;
    const schema = [...this.#indexes].map(([field, params]) => {
      const points = [...this.#points.values()].filter(({ payload }) => payload[field] !== undefined).length;
      return [field, { data_type: "keyword" as const, params, points }];
    });
    return {
      status: "green",
      optimizer_status: "ok",
      indexed_vectors_count: 0,
      points_count: this.#points.size,
      segments_count: 2,
      config: {
        params: {
          vectors,
          shard_number: this.#config.shard_number ?? 1,
          replication_factor: this.#config.replication_factor ?? 1,
          write_consistency_factor: this.#config.write_consistency_factor ?? 1,
          on_disk_payload: this.#config.on_disk_payload ?? true,
        },
        hnsw_config: {
          ...hnsw,
          m: hnsw?.m ?? 16,
          ef_construct: hnsw?.ef_construct ?? 100,
          full_scan_threshold: hnsw?.full_scan_threshold ?? 10_000,
        },
        optimizer_config: {
          deleted_threshold: 0.2,
          vacuum_min_vector_number: 1000,
          default_segment_number: 0,
          flush_interval_sec: 5,
        },
        quantization_config: quantization,
        strict_mode_config: this.#config.strict_mode_config,
      },
      payload_schema: Object.fromEntries(schema),
    };
  }

  update(change: z.infer<typeof UpdateCollection>): void {
    this.#config = { ...this.#config, ...change };
  }

  /** @returns the number of the operation, as every write does. */
  createIndex(field: string, params: KeywordIndex): number {
    this.#indexes.set(field, params);
    return this.#operations++;
  }

  /** All of them or, if one does not fit, none. @throws BadInput */
  upsert({ points }: z.infer<typeof UpsertPoints>): number {
    for (const { vector } of points) this.#checkSize(vector);
    const version = this.#operations++;
    for (const { id, vector, payload } of points) {
      this.#points.set(id, { id, payload: payload ?? {}, vector: this.#prepare(vector), version });
    }
    return version;
  }

  /** @throws BadInput */
  delete(selector: z.infer<typeof DeletePoints>): number {
    if ("filter" in selector) this.#checkIndexes(selector.filter);
    const chosen =
      "points" in selector
        ? selector.points
        : [...this.#points.values()].filter((p) => matches(selector.filter, p)).map((p) => p.id);
    for (const id of chosen) this.#points.delete(id);
    return this.#operations++;
  }

  /** @throws BadInput */
  scroll(request: z.infer<typeof ScrollPoints>): Results["page"] {
    const { offset, limit, filter, with_payload: withPayload, with_vector: withVector } = request;
    this.#checkIndexes(filter);
    const all = [...this.#points.values()].filter((p) => !filter || matches(filter, p)).sort(byId);
    const from = all.filter(
      (p) => offset === undefined || offset === null || byId(p, { id: offset, payload: {} }) >= 0,
    );
    const size = limit ?? 10;
    return {
      points: from.slice(0, size).map((p) => recordOf(p, withPayload ?? true, withVector ?? false)),
      next_page_offset: from[size]?.id ?? null,
    };
  }

  /** @throws BadInput */
  count({ filter }: z.infer<typeof CountPoints>): Results["count"] {
    this.#checkIndexes(filter);
    return { count: [...this.#points.values()].filter((p) => !filter || matches(filter, p)).length };
  }

  /** @throws BadInput */
  query(request: z.infer<typeof QueryPoints>): Results["scored"] {
    const { query, filter, score_threshold: threshold, limit, offset } = request;
    this.#checkSize(query);
    this.#checkIndexes(filter);
    const vector = this.#prepare(query);
    const scored = [...this.#points.values()]
      .filter((p) => !filter || matches(filter, p))
      .map((p) => ({ point: p, score: Math.fround(dot(vector, p.vector)) }))
      .filter(({ score }) => threshold === undefined || threshold === null || score > threshold)
      // Among equals Qdrant promises no order; theirs here is that of their hashes.
      .sort((a, b) => b.score - a.score || byId(a.point, b.point))
      .slice(offset ?? 0, (offset ?? 0) + (limit ?? 10));
    return {
      points: scored.map(({ point, score }) => ({
        ...recordOf(point, request.with_payload ?? false, request.with_vector ?? false),
        version: point.version,
        score,
      })),
    };
  }

  /** Strict mode lets nobody filter by a field that has no index, neither to read nor to delete. */
  #checkIndexes(filter: Filter | null | undefined): void {
    if (!this.#config.strict_mode_config?.enabled || !filter) return;
    const unindexed = keysOf(filter).find((key) => !this.#indexes.has(key));
    if (unindexed === undefined) return;
    throw new BadInput(
      `Bad request: Index required but not found for "${unindexed}". Help: Create an index for this key or use a different filter.`,
    );
  }

  #checkSize(vector: readonly number[]): void {
    const { size } = this.#config.vectors;
    if (vector.length !== size) {
      throw new BadInput(`Wrong input: Vector dimension error: expected dim: ${size}, got ${vector.length}`);
    }
  }

  /** By the cosine distance vectors are normalised when they arrive. */
  #prepare(vector: readonly number[]): Float32Array {
    const prepared = Float32Array.from(vector);
    if (this.#config.vectors.distance === "Cosine") normalise(prepared);
    return prepared;
  }
}

function recordOf(
  point: DoublePoint,
  withPayload: WithPayload,
  withVector: boolean,
): Results["page"]["points"][number] {
  return {
    id: point.id,
    payload: choose(point.payload, withPayload),
    ...(withVector && { vector: Array.from(point.vector) }),
  };
}

/** Only whole fields of the first level, which is all that is asked for here. */
function choose(payload: DoublePoint["payload"], fields: WithPayload): Record<string, unknown> | null {
  if (typeof fields === "boolean") return fields ? payload : null;
  const include = Array.isArray(fields) ? fields : "include" in fields ? fields.include : undefined;
  const exclude = !Array.isArray(fields) && "exclude" in fields ? fields.exclude : [];
  const chosen = Object.entries(payload).filter(([key]) => include?.includes(key) ?? !exclude.includes(key));
  return Object.fromEntries(chosen);
}
