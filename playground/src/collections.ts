/** Which collections the key sees, and which of them a panel starts with. */
import { useEffect, useState } from "preact/hooks";
import { useServices } from "./services.ts";
import { KeyNeeded } from "./session.ts";

/** The sample collection of the local stack. */
export const SAMPLE_COLLECTION = "emoji";

export interface Collections {
  /** undefined until they are known. */
  readonly names: readonly string[] | undefined;
  readonly failure: unknown;
}

/** @param isActive they are asked for each time that the panel comes to the front: another may have made one. */
export function useCollections(isActive: boolean): Collections {
  const { api, keyVersion, askForKey } = useServices();
  const [collections, setCollections] = useState<Collections>({ names: undefined, failure: undefined });
  // Another key sees other collections.
  useEffect(() => {
    if (!isActive) return;
    const unwanted = new AbortController();
    api.collections(unwanted.signal).then(
      (names) => setCollections({ names, failure: undefined }),
      (failure: unknown) => {
        if (unwanted.signal.aborted) return;
        setCollections({ names: undefined, failure });
        if (failure instanceof KeyNeeded) askForKey(failure);
      },
    );
    return () => unwanted.abort();
  }, [api, keyVersion, askForKey, isActive]);
  return collections;
}

/** The one that was asked for, there or not; else the samples, else the first. */
export function chooseCollection(asked: string, names: readonly string[] | undefined): string | undefined {
  if (asked !== "") return asked;
  return names?.includes(SAMPLE_COLLECTION) ? SAMPLE_COLLECTION : names?.[0];
}
