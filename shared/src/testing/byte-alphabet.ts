/** GPT-2's printable stand-in for each byte, on which byte-level BPE works (Radford et al. 2019, `bytes_to_unicode`). */

/** @returns 256 characters, by byte. Bytes that are printable stand for themselves. */
export function byteAlphabet(): string[] {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}
