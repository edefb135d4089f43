/**
 * Points as Qdrant's points and back. The metadata lies there twice: `metadata` is what filters look at, and `metadata_json`
 * what is given back, since Qdrant's JSON parser rounds long numbers and its client turns large ones into bigints.
 */
import type { Schemas } from "@qdrant/js-client-rest";
import { z } from "zod";
import { type Metadata, Modality } from "../../api/collections.ts";
import { ItemId } from "../../ids.ts";
import { pointId } from "../point-id.ts";
import type { Hit, Point, Scope, ScrolledPoint } from "../port.ts";

/**
 * The payload fields that have an index, and what kind of index. Each would get a graph for each of its values (`payload_m`),
 * and all tenants' pictures one that nobody asks for alone: so `modality` has none. Qdrant knows `enable_hnsw` since 1.17;
 * before that it passes over it and builds the graph.
 */
export const INDEXED_FIELDS = {
  tenant: { type: "keyword", is_tenant: true },
  collection: { type: "keyword" },
  modality: { type: "keyword", enable_hnsw: false },
} as const satisfies Record<string, Schemas["KeywordIndexParams"]>;

const HIT_FIELDS = ["item", "modality"];
/** What a hit needs of its point's payload. */
export const hitFields = (withMetadata: boolean): string[] =>
  withMetadata ? [...HIT_FIELDS, "metadata_json"] : HIT_FIELDS;
/** What reading a point needs of it. */
export const POINT_FIELDS = [...hitFields(true), "text"];

const MetadataJson = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.record(z.string(), z.unknown()));
const Payload = z.object({ item: ItemId, modality: Modality, metadata_json: MetadataJson });
const PayloadWithText = Payload.extend({ text: z.string().optional() });
const Vector = z.array(z.number()).transform((numbers) => Float32Array.from(numbers));

/** A point as Qdrant gives it back. */
export const StoredPoint = z
  .object({ payload: PayloadWithText, vector: Vector })
  .transform(({ payload, vector }): Point => ({ ...withText(payload), vector }));

/** A point of a page; its vector only if that was asked for. */
export const ListedPoint = z
  .object({ payload: PayloadWithText, vector: Vector.nullish() })
  .transform(({ payload, vector }): ScrolledPoint => ({ ...withText(payload), ...(vector && { vector }) }));

/** A point that was found; its metadata and its vector only if they were asked for. */
export const FoundPoint = z
  .object({ payload: Payload.partial({ metadata_json: true }), score: z.number(), vector: Vector.nullish() })
  .transform(
    ({ payload: { item, modality, metadata_json: metadata }, score, vector }): Hit => ({
      id: item,
      modality,
      score,
      ...(metadata && { metadata }),
      ...(vector && { vector }),
    }),
  );

const common = ({ item, modality, metadata_json: metadata }: z.infer<typeof Payload>) => ({
  id: item,
  modality,
  metadata,
});

const withText = ({ text, ...payload }: z.infer<typeof PayloadWithText>) => ({
  ...common(payload),
  ...(text !== undefined && { text }),
});

/** @returns the point as it is sent, and about how many bytes it takes. */
export async function toStored(scope: Scope, point: Point): Promise<{ point: Schemas["PointStruct"]; bytes: number }> {
  const { tenant, collection } = scope;
  const { id, modality, vector, metadata, text } = point;
  const json = JSON.stringify(metadata);
  return {
    point: {
      id: await pointId(scope, id),
      vector: Array.from(vector),
      payload: {
        tenant,
        collection,
        modality,
        item: id,
        metadata: filterable(metadata),
        metadata_json: json,
        ...(text !== undefined && { text }),
      },
    },
    // A float32 has some 20 digits as JSON. Metadata lies there twice, once escaped, with up to 3 bytes a character.
    bytes: 20 * vector.length + 6 * json.length + 3 * (text?.length ?? 0) + 1024,
  };
}

/**
 * Metadata as filters see it: null is as good as missing, also in a list, and an object or a list within a list equals
 * nothing and cannot be reached into, but is there.
 */
export function filterable(metadata: Metadata): Record<string, unknown> {
  const entries = Object.entries(metadata).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, filterableValue(value)]));
}

function filterableValue(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((v) => v !== null && v !== undefined).map((v: unknown) => (typeof v === "object" ? {} : v));
  }
  return typeof value === "object" ? filterable(value as Metadata) : value;
}
