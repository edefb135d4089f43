/**
 * Files that cost far more to decode than their bytes and pixels say. Neither limit sees them, and libvips has none of its
 * own: each scan of a JPEG is a walk over all of its blocks, for as little as twelve bytes (25 megapixels: 2 ms a scan, so
 * that a megabyte would keep a thread for a minute), and each compressed text of a PNG is inflated to up to 8 MB, though nobody
 * reads it. Of an AVIF all AV1 frames of an item are decoded, and one is shown; of an animated GIF or WebP the first alone is
 * decoded.
 */
import type { ImageType } from "@sightline/shared/image-bytes";
import { mostFrames } from "./avif-frames.ts";
import { pngChunkTypes } from "./png-chunks.ts";

/** Encoders write about ten, and one for each bit of each component at the very most. */
const MAX_SCANS = 100;
const MAX_TEXTS = 64;
/** As many layers as AV1 has for a picture that becomes sharper as it arrives. */
const MAX_FRAMES = 4;

/** @returns what is wrong with the file and what to do about it, undefined if nothing is. */
export function excessOf(bytes: Uint8Array, type: ImageType): string | undefined {
  if (type === "image/jpeg" && countScans(bytes, MAX_SCANS + 1) > MAX_SCANS)
    return `The JPEG has more than ${MAX_SCANS} scans: save it again as an ordinary one.`;
  if (type === "image/png" && countTexts(bytes, MAX_TEXTS + 1) > MAX_TEXTS)
    return `The PNG has more than ${MAX_TEXTS} compressed or international texts (zTXt, iTXt): save it without metadata.`;
  return type === "image/avif" ? excessOfFrames(bytes) : undefined;
}

function excessOfFrames(bytes: Uint8Array): string | undefined {
  try {
    if (mostFrames(bytes) <= MAX_FRAMES) return undefined;
    return `The AVIF has items of more than ${MAX_FRAMES} frames: save it again as a still picture.`;
  } catch {
    // What we cannot count may be anything.
    return "The AVIF's list of items cannot be read: the file is cut off or damaged.";
  }
}

const MARKER = 0xff;
const START_OF_SCAN = 0xda;
const START_OF_IMAGE = 0xd8;
const END_OF_IMAGE = 0xd9;
const TEMPORARY = 0x01;
const isRestart = (code: number) => code >= 0xd0 && code <= 0xd7;

/**
 * Goes from marker to marker as libjpeg does, so that a preview inside the metadata and what follows the end do not count.
 * Between segments, and in the data of a scan, everything is passed over that is no marker: `FF 00` and `FF FF` are none.
 * Source: ITU-T T.81, annex B.
 */
function countScans(bytes: Uint8Array, enough: number): number {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let scans = 0;
  let at = file.indexOf(MARKER);
  while (at >= 0 && at + 3 < file.length && scans < enough) {
    const code = file[at + 1] ?? 0;
    if (code === END_OF_IMAGE) break;
    if (code === START_OF_SCAN) scans++;
    if (code === MARKER) at += 1;
    else if (code === 0 || code === TEMPORARY || code === START_OF_IMAGE || isRestart(code)) at += 2;
    else at += 2 + file.readUInt16BE(at + 2);
    at = file.indexOf(MARKER, at);
  }
  return scans;
}

function countTexts(bytes: Uint8Array, enough: number): number {
  let texts = 0;
  for (const type of pngChunkTypes(bytes)) {
    if (type === "zTXt" || type === "iTXt") texts++;
    if (type === "IEND" || texts === enough) break;
  }
  return texts;
}
