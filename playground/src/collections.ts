/** Which collections the key sees, and which of them a panel starts with. */
import { useServices } from "./services.ts";
import { type Loaded, useLoaded } from "./ui/use-loaded.ts";

/** The sample collection of the local stack. */
export const SAMPLE_COLLECTION = "emoji";

/** Their names, asked for each time that the panel comes to the front: another panel may have made one. */
export function useCollections(isActive: boolean): Loaded<readonly string[]> {
  const { api } = useServices();
  return useLoaded({ name: "collections", isWanted: isActive, load: (_, signal) => api.collections(signal) });
}

/** The one that was asked for, there or not; else the samples, else the first. */
export function chooseCollection(asked: string, names: readonly string[] | undefined): string | undefined {
  if (asked !== "") return asked;
  return names?.includes(SAMPLE_COLLECTION) ? SAMPLE_COLLECTION : names?.[0];
}
