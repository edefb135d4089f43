/**
 * The requests of Qdrant's REST API that the double knows, after its OpenAPI document. Stricter than Qdrant, which passes
 * over most fields that it does not know: here a misspelt field is an error.
 */
import { z } from "zod";

const count = z.number().int().min(0);
const positive = z.number().int().min(1);

export const ExtendedPointId = z.union([count, z.uuid()]);
export type ExtendedPointId = z.infer<typeof ExtendedPointId>;

const Variant = z.union([z.string(), z.number().int(), z.boolean()]);
const Variants = z.union([z.array(z.string()), z.array(z.number().int())]);

const Match = z.union([
  z.strictObject({ value: Variant }),
  z.strictObject({ any: Variants }),
  z.strictObject({ except: Variants }),
]);
export type Match = z.infer<typeof Match>;

const bound = z.number().nullish();
const Range = z.strictObject({ gt: bound, gte: bound, lt: bound, lte: bound });
export type Range = z.infer<typeof Range>;

const FieldCondition = z
  .strictObject({ key: z.string(), match: Match.nullish(), range: Range.nullish() })
  .refine(({ match, range }) => match || range, { message: "At least one field condition must be specified" });
export type FieldCondition = z.infer<typeof FieldCondition>;

const PayloadField = z.strictObject({ key: z.string() });

export interface Filter {
  readonly must?: Conditions;
  readonly should?: Conditions;
  readonly must_not?: Conditions;
}
type Conditions = Condition | readonly Condition[] | null | undefined;
export type Condition =
  | FieldCondition
  | { readonly is_empty: { readonly key: string } }
  | { readonly is_null: { readonly key: string } }
  | { readonly has_id: readonly ExtendedPointId[] }
  | Filter;

const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    FieldCondition,
    z.strictObject({ is_empty: PayloadField }),
    z.strictObject({ is_null: PayloadField }),
    z.strictObject({ has_id: z.array(ExtendedPointId) }),
    Filter,
  ]),
);
const Conditions = z.union([Condition, z.array(Condition)]).nullish();
const Filter: z.ZodType<Filter> = z.strictObject({ must: Conditions, should: Conditions, must_not: Conditions });

const WithPayload = z.union([
  z.boolean(),
  z.array(z.string()),
  z.strictObject({ include: z.array(z.string()) }),
  z.strictObject({ exclude: z.array(z.string()) }),
]);
export type WithPayload = z.infer<typeof WithPayload>;

const Payload = z.record(z.string(), z.unknown());
const Vector = z.array(z.number());

export const UpsertPoints = z.strictObject({
  points: z.array(z.strictObject({ id: ExtendedPointId, vector: Vector, payload: Payload.nullish() })),
});

export const DeletePoints = z.union([
  z.strictObject({ points: z.array(ExtendedPointId) }),
  z.strictObject({ filter: Filter }),
]);

export const ScrollPoints = z.strictObject({
  offset: ExtendedPointId.nullish(),
  limit: positive.nullish(),
  filter: Filter.nullish(),
  with_payload: WithPayload.nullish(),
  with_vector: z.boolean().optional(),
});

export const CountPoints = z.strictObject({ filter: Filter.nullish(), exact: z.boolean().default(true) });

export const QueryPoints = z.strictObject({
  query: Vector,
  filter: Filter.nullish(),
  params: z
    .strictObject({
      hnsw_ef: count.nullish(),
      exact: z.boolean().optional(),
      quantization: z
        .strictObject({
          ignore: z.boolean().optional(),
          rescore: z.boolean().nullish(),
          oversampling: z.number().min(1).nullish(),
        })
        .nullish(),
      indexed_only: z.boolean().optional(),
    })
    .nullish(),
  score_threshold: z.number().nullish(),
  limit: positive.nullish(),
  offset: count.nullish(),
  with_vector: z.boolean().nullish(),
  with_payload: WithPayload.nullish(),
});

const Hnsw = z.strictObject({
  m: count.nullish(),
  ef_construct: z.number().int().min(4).nullish(),
  full_scan_threshold: z.number().int().min(10).nullish(),
  max_indexing_threads: count.nullish(),
  on_disk: z.boolean().nullish(),
  payload_m: count.nullish(),
});

const ScalarQuantization = z.strictObject({
  scalar: z.strictObject({
    type: z.literal("int8"),
    quantile: z.number().min(0.5).max(1).nullish(),
    always_ram: z.boolean().nullish(),
  }),
});

/** Of its many limits only what is in use: with `enabled` alone, Qdrant Cloud's defaults hold for the rest. */
const StrictMode = z.strictObject({ enabled: z.boolean().nullish() });

export const CreateCollection = z.strictObject({
  vectors: z.strictObject({
    size: positive,
    distance: z.enum(["Cosine", "Euclid", "Dot", "Manhattan"]),
    on_disk: z.boolean().nullish(),
  }),
  shard_number: positive.nullish(),
  replication_factor: positive.nullish(),
  write_consistency_factor: positive.nullish(),
  on_disk_payload: z.boolean().nullish(),
  hnsw_config: Hnsw.nullish(),
  quantization_config: ScalarQuantization.nullish(),
  strict_mode_config: StrictMode.nullish(),
});
export type CreateCollection = z.infer<typeof CreateCollection>;

export const UpdateCollection = CreateCollection.pick({ strict_mode_config: true });

const KeywordIndex = z.strictObject({
  type: z.literal("keyword"),
  is_tenant: z.boolean().nullish(),
  enable_hnsw: z.boolean().nullish(),
  on_disk: z.boolean().nullish(),
});
export type KeywordIndex = z.infer<typeof KeywordIndex>;

export const CreateFieldIndex = z.strictObject({
  field_name: z.string(),
  field_schema: z.union([z.literal("keyword"), KeywordIndex]),
});
