/** Answers of `/admin/v1/snapshots`. */
import { z } from "zod";
import { SnapshotName } from "../ids.ts";
import { Snapshot as StoredSnapshot } from "../internal/protocol.ts";

export const SnapshotParams = z.strictObject({ name: SnapshotName });

const Snapshot = z
  .object({
    name: z.string(),
    status: StoredSnapshot.shape.status,
    points: z.number().int().optional().meta({ description: "How many have been written so far" }),
    total: z.number().int().optional().meta({ description: "Of about how many" }),
  })
  .meta({ id: "Snapshot" });

export const SnapshotList = z
  .object({
    object: z.literal("list"),
    data: z.array(Snapshot).meta({ description: "Oldest first: those that are whole, and the one that is worked on" }),
  })
  .meta({ id: "SnapshotList" });
export type SnapshotList = z.infer<typeof SnapshotList>;
