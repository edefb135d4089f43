/** The answers of Qdrant's REST API that the double gives, after its OpenAPI document: it sends none that differs. */
import { z } from "zod";
import { CreateCollection, ExtendedPointId } from "./requests.ts";

const Payload = z.record(z.string(), z.unknown());
const Vector = z.array(z.number());

const Record = z.strictObject({ id: ExtendedPointId, payload: Payload.nullish(), vector: Vector.nullish() });

const Snapshot = z.strictObject({
  name: z.string(),
  creation_time: z.iso.datetime({ local: true }).nullish(),
  size: z.number().int().min(0),
  checksum: z.string().nullish(),
});

/** `result` of a successful answer. */
export const RESULTS = {
  done: z.literal(true),
  collections: z.strictObject({ collections: z.array(z.strictObject({ name: z.string() })) }),
  collection: z.strictObject({
    status: z.enum(["green", "yellow", "grey", "red"]),
    optimizer_status: z.union([z.literal("ok"), z.strictObject({ error: z.string() })]),
    indexed_vectors_count: z.number().int().min(0).nullish(),
    points_count: z.number().int().min(0).nullish(),
    segments_count: z.number().int().min(0),
    config: z.strictObject({
      params: z.strictObject({
        vectors: CreateCollection.shape.vectors,
        shard_number: z.number().int().min(1),
        replication_factor: z.number().int().min(1),
        write_consistency_factor: z.number().int().min(1),
        on_disk_payload: z.boolean(),
      }),
      hnsw_config: z.object({ m: z.number(), ef_construct: z.number(), full_scan_threshold: z.number() }).loose(),
      optimizer_config: z
        .object({
          deleted_threshold: z.number(),
          vacuum_min_vector_number: z.number(),
          default_segment_number: z.number(),
          flush_interval_sec: z.number(),
        })
        .loose(),
      quantization_config: CreateCollection.shape.quantization_config,
      strict_mode_config: CreateCollection.shape.strict_mode_config,
    }),
    payload_schema: z.record(
      z.string(),
      z.strictObject({
        data_type: z.literal("keyword"),
        params: z.looseObject({ type: z.literal("keyword") }).nullish(),
        points: z.number().int().min(0),
      }),
    ),
  }),
  update: z.strictObject({
    operation_id: z.number().int().min(0).nullish(),
    status: z.enum(["acknowledged", "completed", "wait_timeout"]),
  }),
  page: z.strictObject({ points: z.array(Record), next_page_offset: ExtendedPointId.nullish() }),
  count: z.strictObject({ count: z.number().int().min(0) }),
  snapshot: Snapshot,
  snapshots: z.array(Snapshot),
  scored: z.strictObject({
    points: z.array(Record.extend({ version: z.number().int().min(0), score: z.number() })),
  }),
} as const;
export type Results = { readonly [K in keyof typeof RESULTS]: z.infer<(typeof RESULTS)[K]> };
