/** Another host in the place of every URL's own, for networks that reach no other. */
import { UsageError } from "./errors.ts";

export const MIRROR_VARIABLE = "SIGHTLINE_MODEL_MIRROR";

/**
 * @param text an origin, perhaps with a path that is put before the URL's. Plain HTTP will do: checksums are the
 *   catalogue's, not the mirror's.
 * @throws UsageError
 */
export function parseMirror(text: string | undefined): URL | undefined {
  if (text === undefined || text === "") return undefined;
  const url = URL.parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.search !== "") {
    throw new UsageError(`${MIRROR_VARIABLE} is an address like https://mirror.example, without user and query`);
  }
  return url;
}

/** `https://host/a/b?c` at the mirror `https://mirror/x` is `https://mirror/x/a/b?c`. */
export function mirrored(url: URL, mirror: URL | undefined): URL {
  if (!mirror) return url;
  return new URL(`${mirror.origin}${mirror.pathname.replace(/\/$/, "")}${url.pathname}${url.search}`);
}
