/** Requests and answers of the operator's work on an index: migrations of collections, and their verification. */
import { z } from "zod";
import { ErrorDetail } from "../errors.ts";
import { CollectionName, ModelId, Revision, TenantId } from "../ids.ts";
import { LIMITS } from "../limits.ts";

export const OperatedCollectionParams = z.strictObject({ tenant: TenantId, name: CollectionName });
export const OperatedTenantParams = z.strictObject({ tenant: TenantId });

const ModelRevision = z.object({ model: z.string(), revision: z.string() });
const count = z.number().int();

export const StartMigrationRequest = z
  .strictObject({
    model: ModelId.optional().meta({ description: "The collection's own unless said" }),
    revision: Revision.optional().meta({
      description:
        "Its own revision rebuilds the collection from its vectors; the default one of the model unless said",
    }),
  })
  .meta({ id: "StartMigrationRequest" });

export const CopyRequest = z
  .strictObject({
    items: z
      .number()
      .int()
      .min(1)
      .max(LIMITS.imagesPerCall)
      .default(32)
      .meta({ description: "How many items to copy in this call, which has 30 s" }),
  })
  .meta({ id: "CopyRequest" });

export const SwitchRequest = z
  .strictObject({
    leave_behind: z
      .boolean()
      .default(false)
      .meta({ description: "Switch although some items could not be copied: they will no longer be found" }),
  })
  .meta({ id: "SwitchRequest" });

/** Why an item cannot be taken along. */
export const LeftBehind = z.object({
  id: z.string(),
  error: z.union([
    z.object({ code: z.literal("no_original"), message: z.string() }),
    ErrorDetail.omit({ param: true, retry_after_seconds: true }),
  ]),
});
export type LeftBehind = z.infer<typeof LeftBehind>;

export const Migration = z
  .object({
    object: z.literal("migration"),
    collection: z.string(),
    status: z.enum(["waiting", "copying", "copied", "switched"]).meta({
      description:
        "`waiting`: writes that began before may still be under way; `copied`: every item that can be is in both places; " +
        "`switched`: the new place answers, the old one is kept up to date to go back to",
    }),
    from: ModelRevision,
    to: ModelRevision,
    wait_seconds: z.number(),
    progress: z.object({
      total: count.meta({ description: "Items in the collection now" }),
      seen: count,
      copied: count,
      left_behind: count,
    }),
    left_behind: z.array(LeftBehind).meta({ description: "Of the last call; of the whole pass the first 100" }),
  })
  .meta({ id: "Migration" });
export type Migration = z.infer<typeof Migration>;

export const VerifyRequest = z
  .strictObject({
    sample: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(20)
      .meta({ description: "How many items are searched for at most" }),
  })
  .meta({ id: "VerifyRequest" });

export const Verification = z
  .object({
    object: z.literal("verification"),
    collection: z.string(),
    places: z
      .array(
        z.object({
          role: z.enum(["current", "next", "previous"]),
          ...ModelRevision.shape,
          items: z.object({ text: count, image: count, total: count }),
          recall: z
            .object({
              sample: count.meta({ description: "How many items were searched for: as many as there was time for" }),
              lost: count.meta({ description: "How many of them a search by their own vector did not find first" }),
              mean: z.number().meta({ description: "Share of the true 10 nearest that a search finds" }),
              least: z.number(),
            })
            .nullable()
            .meta({ description: "null where there are fewer than two items" }),
        }),
      )
      .meta({ description: "Where the collection lies: two places while it is being migrated" }),
  })
  .meta({ id: "Verification" });
export type Verification = z.infer<typeof Verification>;

export const OperatedCollectionList = z
  .object({
    object: z.literal("list"),
    data: z.array(
      z.object({ name: z.string(), ...ModelRevision.shape, migration: z.enum(["next", "previous"]).nullable() }),
    ),
  })
  .meta({ id: "OperatedCollectionList" });
