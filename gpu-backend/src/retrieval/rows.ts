/** Points as zvec's rows and back. */
import { type Metadata, Modality } from "@sightline/shared/api/collections";
import { ItemId } from "@sightline/shared/ids";
import { PointId, pointId } from "@sightline/shared/store/point-id";
import type { Hit, Point, Scope, ScrolledPoint } from "@sightline/shared/store/port";
import type { ZVecDoc } from "@zvec/zvec";
import { z } from "zod";
import { scopeValue } from "./where.ts";

export interface StoredFields {
  readonly scope: string;
  /** The row's own id again: zvec cannot filter by ids. */
  readonly key: PointId;
  readonly bucket: string;
  readonly modality: Modality;
  readonly item: ItemId;
  /** JSON: the metadata or, of a point that has a text, the pair of both. */
  readonly metadata: string;
}
export type Field = keyof StoredFields;

export interface Row extends Omit<StoredFields, "bucket"> {
  readonly vector: Float32Array;
}

export async function toRow(scope: Scope, { id, modality, vector, metadata, text }: Point): Promise<Row> {
  const key = await pointId(scope, id);
  const content = JSON.stringify(text === undefined ? metadata : [metadata, text]);
  return { key, scope: scopeValue(scope), modality, item: id, metadata: content, vector };
}

const RawRow = z.object({
  key: PointId,
  scope: z.string(),
  modality: Modality,
  item: ItemId,
  metadata: z.string(),
});
/** All fields of a row that are not made from others. */
export const RAW_FIELDS = ["key", "scope", "modality", "item", "metadata"] as const;
export const toRawRow = (doc: ZVecDoc): Row => ({ ...RawRow.parse(doc.fields), vector: vectorOf(doc) });

const StoredMetadata = z.record(z.string(), z.unknown());
const StoredContent = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(
    z.union([
      StoredMetadata.transform((metadata) => ({ metadata })),
      z.tuple([StoredMetadata, z.string()]).transform(([metadata, text]) => ({ metadata, text })),
    ]),
  );
const StoredPoint = z.object({ item: ItemId, modality: Modality, metadata: StoredContent });
const StoredVector = z.instanceof(Float32Array).or(z.array(z.number()).transform((values) => new Float32Array(values)));

/** What `toPoint` and `toHit` need of a row. */
export const POINT_FIELDS = ["item", "modality", "metadata"] as const;

export const toPoint = (doc: ZVecDoc): Point => ({ ...toScrolled(doc, false), vector: vectorOf(doc) });

export function toScrolled(doc: ZVecDoc, withVector: boolean): ScrolledPoint {
  const { item, modality, metadata: content } = StoredPoint.parse(doc.fields);
  return { id: item, modality, ...content, ...(withVector && { vector: vectorOf(doc) }) };
}

export function toHit(doc: ZVecDoc, includeVectors: boolean): Hit & Pick<Point, "metadata"> {
  const { item, modality, metadata: content } = StoredPoint.parse(doc.fields);
  const { metadata } = content;
  return { id: item, score: doc.score, modality, metadata, ...(includeVectors && { vector: vectorOf(doc) }) };
}

export const modalityOf = (doc: ZVecDoc): Modality => Modality.parse(doc.fields.modality);
export const metadataOf = (doc: ZVecDoc): Metadata => StoredContent.parse(doc.fields.metadata).metadata;
const vectorOf = (doc: ZVecDoc): Float32Array => StoredVector.parse(doc.vectors.vector);
