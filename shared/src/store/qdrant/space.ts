/**
 * The physical collection of a model revision: how it is made, and that it is what it should be.
 *
 * Every query names a tenant, so one graph over all tenants would be built for nobody: `m: 0` leaves it out, and `payload_m`
 * builds one per tenant and per collection that is large enough (Qdrant's own advice for many tenants). Small ones are scanned.
 * Searches run on int8 copies in memory and are rescored with the originals, which lie on disk.
 *
 * Metadata fields have no index: their names are the tenants' own, without end, and of one name two tenants may hold different
 * types, while an index costs memory for all. A filter is therefore checked on the payloads of the points that the indexes of
 * tenant and collection have left. Strict mode refuses just that, and Qdrant Cloud turns it on for new collections: here it is
 * turned off. Qdrant knows it since 1.13; 1.12 passes over the field and reports none.
 */
import { z } from "zod";
import { modelRevisionKey } from "../../ids.ts";
import type { VectorSpace } from "../port.ts";
import { type Budget, type QdrantConnection, QdrantError } from "./connection.ts";
import { isConflict, isMissingCollection } from "./faults.ts";
import { INDEXED_FIELDS } from "./payload.ts";

/**
 * How a new collection is spread over a cluster; what is absent is the server's default. One that exists stays as it is. A
 * write waits for all replicas that are alive unless told otherwise: else a read from another replica might miss it.
 */
export interface ClusterLayout {
  readonly shardNumber?: number | undefined;
  readonly replicationFactor?: number | undefined;
  readonly writeConsistencyFactor?: number | undefined;
}

/** Links per point of a tenant's graph, and how many candidates are weighed for them: Qdrant's m, raised ef_construct. */
const HNSW = { m: 0, payload_m: 16, ef_construct: 128 } as const;
const INT8 = { scalar: { type: "int8", quantile: 0.99, always_ram: true } } as const;
const NOT_STRICT = { enabled: false } as const;

/** Writes are done when they are applied; `acknowledged` and `wait_timeout` are less than that. */
export const Completed = z.object({ status: z.literal("completed") });

const Info = z.object({
  config: z.object({
    params: z.object({ vectors: z.object({ size: z.number(), distance: z.string() }) }),
    strict_mode_config: z.object({ enabled: z.boolean().nullish() }).nullish(),
  }),
  payload_schema: z.record(z.string(), z.unknown()),
});
type Info = z.infer<typeof Info>;

/** Two revisions never share one: neither part can hold an `@`. */
export const physicalName = (space: VectorSpace): string => modelRevisionKey(space);

/** Creates what is missing of the space. Idempotent, also where several do it at once. @throws QdrantError */
export async function ensureSpace(
  connection: QdrantConnection,
  space: VectorSpace,
  layout: ClusterLayout,
  budget: Budget,
): Promise<void> {
  const info = (await infoOf(connection, space, budget)) ?? (await create(connection, space, layout, budget));
  const { size, distance } = info.config.params.vectors;
  if (size !== space.dims || distance !== "Cosine") {
    const message = `${physicalName(space)} has ${size} dimensions, not ${space.dims}, by distance ${distance}`;
    throw new QdrantError({ message, isTransient: false });
  }
  if (info.config.strict_mode_config?.enabled) {
    const change = { collection_name: physicalName(space), strict_mode_config: NOT_STRICT };
    await connection.write((api, init) => api.updateCollection(change, init), z.literal(true), budget);
  }
  // Whoever made the collection may have died before its indexes.
  for (const [field, schema] of Object.entries(INDEXED_FIELDS)) {
    if (field in info.payload_schema) continue;
    const index = { collection_name: physicalName(space), field_name: field, field_schema: schema, wait: true };
    await connection.write((api, init) => api.createFieldIndex(index, init), Completed, budget);
  }
}

async function infoOf(connection: QdrantConnection, space: VectorSpace, budget: Budget): Promise<Info | undefined> {
  try {
    const name = { collection_name: physicalName(space) };
    return await connection.read((api, init) => api.getCollection(name, init), Info, budget);
  } catch (error) {
    if (error instanceof QdrantError && isMissingCollection(error.fault)) return undefined;
    throw error;
  }
}

async function create(
  connection: QdrantConnection,
  space: VectorSpace,
  { shardNumber, replicationFactor, writeConsistencyFactor = replicationFactor }: ClusterLayout,
  budget: Budget,
): Promise<Info> {
  const wanted = {
    collection_name: physicalName(space),
    vectors: { size: space.dims, distance: "Cosine", on_disk: true },
    hnsw_config: HNSW,
    quantization_config: INT8,
    on_disk_payload: true,
    strict_mode_config: NOT_STRICT,
    ...(shardNumber !== undefined && { shard_number: shardNumber }),
    ...(replicationFactor !== undefined && { replication_factor: replicationFactor }),
    ...(writeConsistencyFactor !== undefined && { write_consistency_factor: writeConsistencyFactor }),
  } as const;
  try {
    await connection.write((api, init) => api.createCollection(wanted, init), z.literal(true), budget);
  } catch (error) {
    if (!(error instanceof QdrantError && isConflict(error.fault))) throw error;
  }
  const info = await infoOf(connection, space, budget);
  if (!info)
    throw new QdrantError({ message: `${physicalName(space)} went as soon as it was made`, isTransient: true });
  return info;
}
