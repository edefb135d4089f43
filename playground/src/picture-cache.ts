/** Blob URLs of item pictures: kept for those used last, revoked when they leave. */

/** Several screens of results; at some ten kilobytes a picture, a few megabytes. */
const CAPACITY = 256;

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
}

export function createPictureCache(options: PictureCacheOptions): PictureCache {
  const { load, urls, capacity = CAPACITY } = options;
  /** In order of last use: the first entry is the one to go. */
  const kept = new Map<string, string>();
  let clearings = 0;

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
      const before = clearings;
      const picture = await load(item, signal);
      if (clearings !== before) throw new Error("the key that could see this picture is not in use any more");
      // Another card with this picture may have come first; its URL is in use already.
      return touch(place) ?? keep(place, picture);
    },

    clear() {
      clearings += 1;
      for (const url of kept.values()) urls.revokeObjectURL(url);
      kept.clear();
    },
  };
}
