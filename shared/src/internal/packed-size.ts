/**
 * How large a value becomes as MessagePack, at most: an encoder that begins with such a buffer never copies what it has written. One
 * that grows by doubling holds three times the pictures of a large call, more than a worker has memory for.
 */

/** Of any header; numbers and the like are no longer. */
const HEADER_BYTES = 9;
/** UTF-8 of a UTF-16 code unit. */
const BYTES_PER_UNIT = 3;

export function packedSizeAtMost(value: unknown): number {
  if (typeof value === "string") return HEADER_BYTES + BYTES_PER_UNIT * value.length;
  if (ArrayBuffer.isView(value)) return HEADER_BYTES + value.byteLength;
  if (typeof value !== "object" || value === null) return HEADER_BYTES;
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + packedSizeAtMost(one), HEADER_BYTES);
  return Object.entries(value).reduce(
    (sum, [name, one]) => sum + packedSizeAtMost(name) + packedSizeAtMost(one),
    HEADER_BYTES,
  );
}
