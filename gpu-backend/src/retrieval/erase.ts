/** Deletes points of one scope. A filter is applied here: zvec knows nothing of what is inside the metadata. */
import { matchesFilter } from "@sightline/shared/api/filter";
import { pointId } from "@sightline/shared/store/point-id";
import type { DeleteSelector, Scope } from "@sightline/shared/store/port";
import { slices } from "./buckets.ts";
import { metadataOf } from "./rows.ts";
import type { ZvecSpace } from "./zvec-space.ts";

/** @returns how many there were. */
export async function erase(space: ZvecSpace, scope: Scope, selector: DeleteSelector): Promise<number> {
  if ("ids" in selector) {
    return space.erase(await Promise.all([...new Set(selector.ids)].map((id) => pointId(scope, id))));
  }
  const { filter } = "filter" in selector ? selector : { filter: undefined };
  const read = (buckets?: readonly string[]) => space.find({ where: { scope, buckets }, fields: ["metadata"] });
  let erased = 0;
  for await (const docs of slices(read, { atMost: space.size })) {
    const chosen = filter ? docs.filter((doc) => matchesFilter(filter, metadataOf(doc))) : docs;
    erased += space.erase(chosen.map((doc) => doc.id));
  }
  return erased;
}
