/** Some items of a collection, to look at before anything is asked for. */
import type { StoredItem } from "../api/client.ts";
import { useServices } from "../services.ts";
import { type Loaded, useLoaded } from "../ui/use-loaded.ts";
import { TOP_K } from "./state.ts";

export type Browse = Loaded<readonly StoredItem[]>;

export function useBrowse(collection: string | undefined, isWanted: boolean): Browse {
  const { api } = useServices();
  return useLoaded({
    name: collection,
    isWanted,
    load: async (name, signal) => (await api.items(name, { limit: TOP_K }, signal)).data,
  });
}
