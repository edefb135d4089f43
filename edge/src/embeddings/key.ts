/** The identity of an embedding: who asked, which model at which revision and pre-processing, which bytes. */
import type { ParsedInput } from "@sightline/shared/api/input";
import { sha256Hex } from "@sightline/shared/digest";
import { modelRevisionKey, type TenantId } from "@sightline/shared/ids";
import type { ServedModel } from "@sightline/shared/internal/protocol";

/**
 * @param owner whose entry it is. Undefined where the deployment shares entries across tenants: then a hit, and its speed,
 *   tell a tenant that someone has sent the same bytes before.
 * @returns undefined for an image URL, whose content is not known before the backend has fetched it.
 */
export async function cacheKey(
  owner: TenantId | undefined,
  model: Pick<ServedModel, "id" | "revision" | "preprocessing">,
  input: ParsedInput,
): Promise<string | undefined> {
  if (input.kind === "image_url") return undefined;
  const digest = await sha256Hex(input.kind === "text" ? input.text : input.bytes);
  const content = `${modelRevisionKey(model)}:${model.preprocessing}:${input.kind}:${digest}`;
  return owner === undefined ? `sl:emb:${content}` : `sl:emb:${owner}:${content}`;
}
