/** Which servers the adapter is made for. */

/** The least and the last minor version of Qdrant 1 that are supported. */
const LEAST = 12;
const LAST = 19;

/** @returns what is wrong with a server of this version, undefined if nothing is. */
export function unsupported(version: string): string | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version) ?? [];
  if (major === "1" && Number(minor) >= LEAST && Number(minor) <= LAST) return undefined;
  return `this is Qdrant ${version}; supported are 1.${LEAST} to 1.${LAST}`;
}
