/**
 * What another model can make its vector of: the text, which lies beside the vector, or the picture, of which up to 512 pixels
 * are kept where the collection keeps pictures. A vector that the caller brought has no original.
 */
import type { ItemId } from "@sightline/shared/ids";
import type { Point } from "@sightline/shared/store/port";
import { vectorToBytes } from "@sightline/shared/vectors";
import type { Source } from "../collections/parse-items.ts";
import type { Pictures } from "../collections/pictures.ts";

/** An item as it is at one moment. */
export interface Original {
  readonly point: Point;
  /** Absent where none is kept. The tag changes with the bytes. */
  readonly picture?: { readonly tag: string; readonly bytes: Uint8Array } | undefined;
}

/** How many pictures are read at once: a worker may have six connections open. */
const CONCURRENCY = 6;

/** Pictures are read after their points: whoever writes does it in this order, too. */
export async function withPictures(pictures: Pictures, points: readonly Point[]): Promise<Map<ItemId, Original>> {
  const originals = new Map<ItemId, Original>(points.map((point) => [point.id, { point }]));
  const images = points.filter(({ modality }) => modality === "image");
  for (let i = 0; i < images.length; i += CONCURRENCY) {
    await Promise.all(
      images.slice(i, i + CONCURRENCY).map(async (point) => {
        const found = await pictures.get(point.id);
        if (!found) return;
        const bytes = new Uint8Array(await found.arrayBuffer());
        originals.set(point.id, { point, picture: { tag: found.etag, bytes } });
      }),
    );
  }
  return originals;
}

/** @returns undefined where there is nothing that a model could embed. */
export function sourceOf({ point, picture }: Original): Source | undefined {
  if (point.text !== undefined) return { kind: "text", text: point.text };
  return picture && { kind: "image", bytes: picture.bytes };
}

/** For a place of the same model revision, which takes the vector as it is. */
export const vectorSourceOf = ({ point: { vector, modality, text } }: Original): Source => ({
  kind: "embedding",
  embedding: vectorToBytes(vector),
  modality,
  text,
});

export function isSameOriginal(a: Original | undefined, b: Original | undefined): boolean {
  if (!a || !b) return a === b;
  return a.picture?.tag === b.picture?.tag && isSameContent(a.point, b.point) && isSameVector(a.point, b.point);
}

/** But for the vectors, which are another model's. */
export const isSameContent = (a: Point, b: Point): boolean =>
  a.modality === b.modality && a.text === b.text && JSON.stringify(a.metadata) === JSON.stringify(b.metadata);

const isSameVector = ({ vector: a }: Point, { vector: b }: Point): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);
