/** Base64 in every runtime: of pictures on their way out, and of vectors on their way in. */

export function bytesToBase64(bytes: Uint8Array): string {
  let binary = "";
  // The bytes are arguments of a call: 32 Ki at a time is below every engine's limit.
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary);
}

/** Little-endian float32, which is what every platform that runs JavaScript today has. */
export function vectorFromBase64(text: string): Float32Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
