/** The one place where filters of requests to Qdrant are made, so that none can be without its tenant and collection. */
import type { Modality } from "../../api/collections.ts";
import type { Filter } from "../../api/filter.ts";
import type { PointId } from "../point-id.ts";
import type { Scope } from "../port.ts";
import { type QdrantCondition, type QdrantFilter, toQdrantFilter } from "./filter.ts";

interface Narrowing {
  readonly modality?: Modality | undefined;
  readonly ids?: readonly PointId[] | undefined;
  readonly filter?: Filter | undefined;
}

export function whereOf({ tenant, collection }: Scope, { modality, ids, filter }: Narrowing = {}): QdrantFilter {
  const must: QdrantCondition[] = [equals("tenant", tenant), equals("collection", collection)];
  if (modality) must.push(equals("modality", modality));
  if (ids) must.push({ has_id: [...ids] });
  if (filter) must.push(toQdrantFilter(filter));
  return { must };
}

const equals = (key: string, value: string): QdrantCondition => ({ key, match: { value } });
