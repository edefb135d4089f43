/** Rows of a batch → the one tensor that the model reads. Runs in the session worker, into buffers that are kept. */

/** `PER_CHANNEL` table entries: one for each value of a byte. */
const LEVELS = 256;

export type PerChannel = readonly [number, number, number];

/**
 * The normalised value of every byte in every channel, `(byte / 255 − mean) / std`: a look-up is faster than the
 * arithmetic, and its result is rounded once instead of three times.
 * @returns 3 · 256 values, channel-major.
 */
export function normalisationTable(mean: PerChannel, std: PerChannel): Float32Array {
  const table = new Float32Array(3 * LEVELS);
  for (const channel of [0, 1, 2] as const)
    for (let byte = 0; byte < LEVELS; byte++)
      table[channel * LEVELS + byte] = (byte / 255 - mean[channel]) / std[channel];
  return table;
}

/**
 * Normalises pixels and turns HWC into CHW.
 * @param rgb any number of images, each `plane`·3 bytes, interleaved.
 * @param plane pixels of one image (height · width).
 * @param out at least as long as `rgb`; image-major, then channel, then pixel.
 */
export function normalisePixels(rgb: Uint8Array, plane: number, table: Float32Array, out: Float32Array): void {
  const green = table.subarray(LEVELS, 2 * LEVELS);
  const blue = table.subarray(2 * LEVELS);
  for (let image = 0; image < rgb.length; image += 3 * plane) {
    let from = image;
    for (let to = image; to < image + plane; to++) {
      out[to] = table[rgb[from++] as number] as number;
      out[to + plane] = green[rgb[from++] as number] as number;
      out[to + 2 * plane] = blue[rgb[from++] as number] as number;
    }
  }
}

/**
 * Lays ragged token rows out as a rectangle.
 * @param ids all rows, one after the other. @param lengths of the rows.
 * @param out at least `lengths.length` · `width` long; every row is filled up with `padId`.
 */
export function padTokens(
  ids: Int32Array,
  lengths: readonly number[],
  width: number,
  padId: number,
  out: Int32Array | BigInt64Array,
): void {
  // Ids are non-negative, so an int64 is its low word: writing words is several times faster than making BigInts.
  const wide = out instanceof BigInt64Array;
  const words = wide ? new Int32Array(out.buffer, out.byteOffset, out.length * 2) : out;
  const step = wide ? 2 : 1;
  let from = 0;
  let to = 0;
  for (const length of lengths)
    for (let i = 0; i < width; i++, to += step) {
      words[to] = i < length ? (ids[from++] as number) : padId;
      if (wide) words[to + 1] = 0;
    }
}
