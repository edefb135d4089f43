/**
 * Whether a PNG or GIF file reaches its own end. libvips needs no help with the other formats, but it stops reading
 * these two as soon as it has the first frame's pixels, so a file cut after them would pass as whole.
 */
import type { ImageType } from "@sightline/shared/image-bytes";
import { pngChunkTypes } from "./png-chunks.ts";

/** @returns false if the end of the file is missing. Bytes after the end are ignored, as every decoder does. */
export function isComplete(bytes: Uint8Array, type: ImageType): boolean {
  if (type === "image/png") return reachesPngEnd(bytes);
  if (type === "image/gif") return reachesGifTrailer(bytes);
  return true;
}

function reachesPngEnd(bytes: Uint8Array): boolean {
  for (const type of pngChunkTypes(bytes)) if (type === "IEND") return true;
  return false;
}

const GIF_HEADER_BYTES = 13;
const GIF_EXTENSION = 0x21;
const GIF_IMAGE = 0x2c;
const GIF_TRAILER = 0x3b;

/** Walks the blocks to the trailer. Source: GIF89a specification, §15–27. */
function reachesGifTrailer(bytes: Uint8Array): boolean {
  let at = GIF_HEADER_BYTES + colourTableBytes(bytes[10]);
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === GIF_TRAILER) return true;
    if (block === GIF_EXTENSION) {
      at = afterSubBlocks(bytes, at + 2);
    } else if (block === GIF_IMAGE) {
      // Descriptor (10 bytes), local colour table, LZW code size (1 byte), data.
      at = afterSubBlocks(bytes, at + 11 + colourTableBytes(bytes[at + 9]));
    } else {
      return false;
    }
  }
  return false;
}

/** The size of the colour table that a packed-fields byte announces: bit 7 says whether, bits 0–2 how large. */
function colourTableBytes(packed = 0): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0;
}

/** Sub-blocks carry their length in front; an empty one, or the file's end, closes the sequence. */
function afterSubBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let length = bytes[at]; length; length = bytes[at]) at += 1 + length;
  return at + 1;
}
