/** The chunks of a PNG file, by their frames alone. */

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's data. */
const FRAME_BYTES = 12;

/** The types of the chunks that begin in the file, in order. Source: PNG 3rd edition, §5.3. */
export function* pngChunkTypes(bytes: Uint8Array): Generator<string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = SIGNATURE_BYTES;
  while (at + FRAME_BYTES <= bytes.length) {
    yield String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    at += FRAME_BYTES + view.getUint32(at);
  }
}
