/** Pictures as the page holds them: small enough to be quick, in a format that the API accepts, and ready to be sent. */
import { sniffImageType } from "@sightline/shared/image-bytes";
import { LIMITS } from "@sightline/shared/limits";

/** Models look at a few hundred pixels a side; anything beyond this only costs upload time. */
const MAX_SIDE = 1024;

/** At this quality WebP's loss is far below what an embedding notices. */
const WEBP_QUALITY = 0.9;

export interface Picture {
  /** The file's name, for the person and for code that is shown. */
  readonly name: string;
  /** As the API takes it in JSON: a data URI of the type that the bytes have; plain base64 where that is unknown. */
  readonly encoded: string;
  /** The same bytes, to show them. */
  readonly blob: Blob;
}

/** The file cannot even be sent; the reason is the person's to read, in his language. */
export class PictureRefused extends Error {
  override readonly name = "PictureRefused";
  readonly reason: "too_large" | "unreadable";
  readonly fileName: string;
  readonly megabytes: string;

  constructor(reason: "too_large" | "unreadable", file: File, cause?: unknown) {
    super(`${file.name}: ${reason}`, { cause });
    this.reason = reason;
    this.fileName = file.name;
    this.megabytes = toMegabytes(file.size);
  }
}

/**
 * Large pictures are scaled down. What this browser cannot decode is sent as it is: the API says what is wrong with it.
 * @throws PictureRefused: over 10 MB and not to be decoded here, or gone from the device.
 */
export async function readPicture(file: File): Promise<Picture> {
  const { name } = file;
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap && file.size > LIMITS.imageBytes) throw new PictureRefused("too_large", file);
  try {
    const type = sniffImageType(new Uint8Array(await file.slice(0, 256).arrayBuffer()));
    const isToBeScaled = bitmap && (!type || isLarge(bitmap) || file.size > LIMITS.imageBytes);
    const blob = isToBeScaled ? await scaledDown(bitmap) : new Blob([file], type && { type });
    const dataUri = await toDataUri(blob);
    return { name, blob, encoded: isToBeScaled || type ? dataUri : dataUri.slice(dataUri.indexOf(",") + 1) };
  } catch (cause) {
    throw new PictureRefused("unreadable", file, cause);
  } finally {
    bitmap?.close();
  }
}

/** Of a limit or a file. @returns megabytes with at most one decimal. */
export const toMegabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, "");

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The largest size of the same shape with both sides at most `maxSide` pixels; never larger than the original. */
export function fitWithin({ width, height }: Size, maxSide: number): Size {
  const scale = Math.min(1, maxSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

const isLarge = ({ width, height }: Size): boolean => Math.max(width, height) > MAX_SIDE;

async function scaledDown(bitmap: ImageBitmap): Promise<Blob> {
  const { width, height } = fitWithin(bitmap, MAX_SIDE);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser has no 2D canvas");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  // A browser that cannot write WebP writes PNG instead and says so in the blob's type.
  return canvas.convertToBlob({ type: "image/webp", quality: WEBP_QUALITY });
}

function toDataUri(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("the file cannot be read"));
    reader.readAsDataURL(blob);
  });
}
