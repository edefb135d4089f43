/** Blob URLs of item pictures: fetched a few at a time, kept for those used last, revoked when they leave. */
import { createGate } from "./gate.ts";

/** Several screens of results; at some ten kilobytes a picture, a few megabytes. */
const CAPACITY = 256;

/** What a browser runs beside each other over HTTP/1.1; more would only queue in front of the next search. */
const CONCURRENCY = 6;

export interface ItemRef {
  readonly collection: string;
  readonly id: string;
}

export interface PictureCache {
  /** @returns a URL for `<img src>`. @throws what loading throws; the signal's reason when aborted. */
  url(item: ItemRef, signal: AbortSignal): Promise<string>;
  /** Forgets everything: another key may see other pictures under the same names. */
  clear(): void;
}

interface PictureCacheOptions {
  readonly load: (item: ItemRef, signal: AbortSignal) => Promise<Blob>;
  readonly urls: Pick<typeof URL, "createObjectURL" | "revokeObjectURL">;
  readonly capacity?: number;
  readonly concurrency?: number;
}

export function createPictureCache(options: PictureCacheOptions): PictureCache {
  const { load, urls, capacity = CAPACITY, concurrency = CONCURRENCY } = options;
  const gate = createGate(concurrency);
  /** In order of last use: the first entry is the one to go. */
  const kept = new Map<string, string>();

  function touch(place: string): string | undefined {
    const url = kept.get(place);
    if (url === undefined) return undefined;
    kept.delete(place);
    kept.set(place, url);
    return url;
  }

  function keep(place: string, picture: Blob): string {
    const url = urls.createObjectURL(picture);
    kept.set(place, url);
    for (const [oldest, oldestUrl] of kept) {
      if (kept.size <= capacity) break;
      kept.delete(oldest);
      // An <img> that has loaded keeps its pixels; only new uses of the URL end here.
      urls.revokeObjectURL(oldestUrl);
    }
    return url;
  }

  return {
    async url(item, signal) {
      // No name of a collection holds a slash.
      const place = `${item.collection}/${item.id}`;
      const known = touch(place);
      if (known !== undefined) return known;
      const picture = await gate(() => load(item, signal), signal);
      // Another card with this picture may have come first; its URL is in use already.
      return touch(place) ?? keep(place, picture);
    },

    clear() {
      for (const url of kept.values()) urls.revokeObjectURL(url);
      kept.clear();
    },
  };
}
