/** Which image format some bytes are, by their magic numbers. The declared type of an upload is never trusted. */

export const IMAGE_TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"] as const;
export type ImageType = (typeof IMAGE_TYPES)[number];

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, Math.min(to, bytes.length)));

/**
 * @returns the media type if the format is an accepted one, else undefined (SVG, TIFF, PDF, HEIC… and noise).
 * Sources: JPEG SOI marker; PNG signature (RFC 2083 §3.1); RIFF/WEBP container; GIF87a/89a; ISO BMFF `ftyp` with an AVIF brand.
 */
export function sniffImageType(bytes: Uint8Array): ImageType | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "image/jpeg";
  if (bytes[0] === 0x89 && ascii(bytes, 1, 8) === "PNG\r\n\x1a\n") return "image/png";
  if (ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 12) === "WEBP") return "image/webp";
  const gif = ascii(bytes, 0, 6);
  if (gif === "GIF87a" || gif === "GIF89a") return "image/gif";
  if (ascii(bytes, 4, 8) === "ftyp" && isAvif(bytes)) return "image/avif";
  return undefined;
}

/** The major brand or one of the compatible brands is `avif` (still) or `avis` (sequence). */
function isAvif(bytes: Uint8Array): boolean {
  const boxEnd = Math.min(
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0),
    bytes.length,
    256,
  );
  for (let at = 8; at + 4 <= boxEnd; at += at === 8 ? 8 : 4) {
    const brand = ascii(bytes, at, at + 4);
    if (brand === "avif" || brand === "avis") return true;
  }
  return false;
}
