/** What items are called, for people. */
import { useRef } from "preact/hooks";
import { useServices } from "../services.ts";
import { useLoaded } from "../ui/use-loaded.ts";

interface Named {
  readonly id: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** `metadata.name` where the collection has one; ids are all that is sure to be there. */
export function nameOf({ id, metadata }: Named): string {
  const name = metadata?.name;
  return typeof name === "string" && name !== "" ? name : id;
}

interface NamesOptions {
  readonly collection: string;
  /** What is shown. */
  readonly items: readonly Named[];
  /** What is spoken of besides: an address says only ids, so that their names are asked for. */
  readonly ids: readonly string[];
}

export function useNames({ collection, items, ids }: NamesOptions): (id: string) => string {
  const { api, keyVersion } = useServices();
  const known = useRef({ keyVersion, names: new Map<string, string>() });
  // Nothing that the former key could see stays on the page.
  if (known.current.keyVersion !== keyVersion) known.current = { keyVersion, names: new Map() };
  const { names } = known.current;
  // No name of a collection holds a slash.
  const place = (id: string): string => `${collection}/${id}`;
  const learn = (item: Named): unknown => names.set(place(item.id), nameOf(item));
  items.forEach(learn);

  const unknown = ids.filter((id) => !names.has(place(id)));
  const { value } = useLoaded({
    name: unknown.length > 0 ? JSON.stringify(unknown.map(place)) : undefined,
    isWanted: collection !== "",
    load: (_, signal) => Promise.all(unknown.map((id) => api.item(collection, id, signal))),
  });
  value?.forEach(learn);
  return (id) => names.get(place(id)) ?? id;
}
