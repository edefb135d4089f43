/** Branded identifiers. A value of one of these types has passed the check of the schema with the same name. */
import { z } from "zod";

export const TenantId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)
  .brand<"TenantId">();
export type TenantId = z.infer<typeof TenantId>;

export const ModelId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "a model id is lower-case letters, digits, '.', '_' and '-'")
  .brand<"ModelId">();
export type ModelId = z.infer<typeof ModelId>;

export const Revision = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/)
  .brand<"Revision">();
export type Revision = z.infer<typeof Revision>;

/** One model at one revision. Vectors of different revisions are never compared. */
export interface ModelRevision {
  readonly id: ModelId;
  readonly revision: Revision;
}

export const modelRevisionKey = (m: ModelRevision): string => `${m.id}@${m.revision}`;

export const CollectionName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    "a collection name is 1 to 63 lower-case letters, digits, '_' and '-', and starts with a letter or digit",
  )
  .brand<"CollectionName">();
export type CollectionName = z.infer<typeof CollectionName>;

/** When it was begun: `2026-11-21t11-05-00-000z`. */
export const SnapshotName = z
  .string()
  .regex(/^[0-9a-z-]{1,40}$/, "a snapshot's name is lower-case letters, digits and '-'")
  .brand<"SnapshotName">();
export type SnapshotName = z.infer<typeof SnapshotName>;

export const ItemId = z
  .string()
  .min(1, "an item id has at least 1 character")
  .max(256, "an item id has at most 256 characters")
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, "an item id holds no control characters")
  .refine(
    (id) => id !== "." && id !== "..",
    "an item id is neither . nor .., which have a meaning of their own in paths",
  )
  .brand<"ItemId">();
export type ItemId = z.infer<typeof ItemId>;

/** What a caller may send as `X-Request-Id`: it goes to logs and headers, so it is kept short and printable. */
const RequestIdPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{7,127}$/;
export type RequestId = string & z.$brand<"RequestId">;

/** @returns the caller's id if it is valid, else a fresh one (`req_` and 32 hex digits). */
export function requestIdFrom(header: string | null | undefined): RequestId {
  const id = header && RequestIdPattern.test(header) ? header : `req_${crypto.randomUUID().replaceAll("-", "")}`;
  return id as RequestId;
}
