/** Turns a file into a picture query: small enough to be quick, and in a format that the API accepts. */
import { sniffImageType } from "@sightline/shared/image-bytes";
import { LIMITS } from "@sightline/shared/limits";
import type { PictureQuery } from "./query.ts";

/** Models look at a few hundred pixels a side; anything beyond this only costs upload time. */
const MAX_SIDE = 1024;

/** At this quality WebP's loss is far below what an embedding notices. */
const WEBP_QUALITY = 0.9;

/** The file cannot be a query; `message` tells the person why. */
export class PictureRefused extends Error {
  override readonly name = "PictureRefused";
}

/** @throws PictureRefused: empty, over 10 MB, or nothing that this browser can decode. */
export async function preparePicture(file: File): Promise<PictureQuery> {
  if (file.size > LIMITS.imageBytes) throw new PictureRefused(tooLarge(file));
  const bitmap = await decode(file);
  try {
    const picture = (await asAccepted(file, bitmap)) ?? (await scaledDown(bitmap));
    return { kind: "picture", name: file.name, dataUri: await toDataUri(picture), picture };
  } finally {
    bitmap.close();
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The largest size of the same shape with both sides at most `maxSide` pixels; never larger than the original. */
export function fitWithin({ width, height }: Size, maxSide: number): Size {
  const scale = Math.min(1, maxSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function tooLarge(file: File): string {
  const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, "");
  return `“${file.name}” has ${megabytes(file.size)} MB; a picture may have up to ${megabytes(LIMITS.imageBytes)} MB.`;
}

async function decode(file: File): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch (cause) {
    throw new PictureRefused(`“${file.name}” is not a picture that this browser can read.`, { cause });
  }
}

/** The file's own bytes, if the API takes their format and they are small already; the type is corrected to the real one. */
async function asAccepted(file: File, size: Size): Promise<Blob | undefined> {
  const type = sniffImageType(new Uint8Array(await file.slice(0, 256).arrayBuffer()));
  const isSmall = Math.max(size.width, size.height) <= MAX_SIDE;
  return type && isSmall ? new Blob([file], { type }) : undefined;
}

async function scaledDown(bitmap: ImageBitmap): Promise<Blob> {
  const { width, height } = fitWithin(bitmap, MAX_SIDE);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new PictureRefused("This browser cannot scale the picture down.");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  // A browser that cannot write WebP writes PNG instead and says so in the blob's type.
  return canvas.convertToBlob({ type: "image/webp", quality: WEBP_QUALITY });
}

function toDataUri(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new PictureRefused("The file could not be read.", { cause: reader.error }));
    reader.readAsDataURL(blob);
  });
}
