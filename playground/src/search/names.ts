/** What items are called, for people. */
import { useRef } from "preact/hooks";

interface Named {
  readonly id: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** `metadata.name` where the collection has one; ids are all that is sure to be there. */
export function nameOf({ id, metadata }: Named): string {
  const name = metadata?.name;
  return typeof name === "string" && name !== "" ? name : id;
}

/** Names of all items that the panel has shown: the address says only their ids. */
export function useNames(items: readonly Named[]): (id: string) => string {
  const names = useRef(new Map<string, string>());
  for (const item of items) names.current.set(item.id, nameOf(item));
  return (id) => names.current.get(id) ?? id;
}
