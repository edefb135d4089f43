/** Some items of a collection, to look at before anything is asked for. */
import { useEffect, useState } from "preact/hooks";
import type { StoredItem } from "../api/client.ts";
import { useServices } from "../services.ts";
import { TOP_K } from "./state.ts";

export interface Browse {
  /** undefined until they are known. */
  readonly items: readonly StoredItem[] | undefined;
  readonly failure: unknown;
}

const NOTHING: Browse = { items: undefined, failure: undefined };

export function useBrowse(collection: string | undefined, isActive: boolean): Browse {
  const { api, keyVersion } = useServices();
  const [browse, setBrowse] = useState<Browse>(NOTHING);
  // Another key sees other items.
  useEffect(() => {
    if (collection === undefined || !isActive) return;
    const unwanted = new AbortController();
    setBrowse(NOTHING);
    api.items(collection, { limit: TOP_K }, unwanted.signal).then(
      ({ data }) => setBrowse({ items: data, failure: undefined }),
      (failure: unknown) => {
        if (!unwanted.signal.aborted) setBrowse({ items: undefined, failure });
      },
    );
    return () => unwanted.abort();
  }, [api, collection, keyVersion, isActive]);
  return browse;
}
