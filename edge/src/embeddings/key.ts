/** The identity of an answer: who asked, which model at which revision and pre-processing, which bytes. */
import { modelRevisionKey, type TenantId } from "@sightline/shared/ids";
import type { Identity, KnownModel } from "./task.ts";

/**
 * @param owner whose entry it is. Undefined where the deployment shares entries across tenants: then a hit, and its speed,
 *   tell a tenant that someone has sent the same bytes before.
 * @returns undefined for an image URL, whose content is not known before the backend has fetched it.
 */
export function cacheKey(
  owner: TenantId | undefined,
  model: KnownModel,
  { name, isContent }: Identity,
): string | undefined {
  if (!isContent) return undefined;
  const content = `${modelRevisionKey(model)}:${model.preprocessing}:${name}`;
  return owner === undefined ? `sl:emb:${content}` : `sl:emb:${owner}:${content}`;
}
