/** The kept picture of an item, fetched with the key; a quiet mark stands where there is none. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ItemRef } from "../picture-cache.ts";
import { useServices } from "../services.ts";

export function StoredPicture({ collection, id }: ItemRef): JSX.Element {
  const { pictures, keyVersion } = useServices();
  const [url, setUrl] = useState<string>();
  const [isMissing, setMissing] = useState(false);

  useEffect(() => {
    const unwanted = new AbortController();
    setUrl(undefined);
    setMissing(false);
    pictures.url({ collection, id }, unwanted.signal).then(setUrl, () => {
      // The name and the score are still worth showing; the search itself succeeded.
      if (!unwanted.signal.aborted) setMissing(true);
    });
    return () => unwanted.abort();
  }, [pictures, keyVersion, collection, id]);

  if (isMissing) return <span class="no-picture">?</span>;
  // The name stands beside it.
  return <img class="stored-picture" alt="" src={url} width="160" height="160" data-shown={url !== undefined} />;
}
