/** The identity of an embedding: who asked, which model at which revision and pre-processing, which bytes. */
import type { ParsedInput } from "@sightline/shared/api/input";
import { sha256Hex } from "@sightline/shared/digest";
import { modelRevisionKey, type TenantId } from "@sightline/shared/ids";
import type { ServedModel } from "@sightline/shared/internal/protocol";

/**
 * The tenant is part of the key: a hit on another tenant's entry would tell that someone else sent the same bytes.
 *
 * @returns undefined for an image URL, whose content is not known before the backend has fetched it.
 */
export async function cacheKey(tenant: TenantId, model: ServedModel, input: ParsedInput): Promise<string | undefined> {
  if (input.kind === "image_url") return undefined;
  const digest = await sha256Hex(input.kind === "text" ? input.text : input.bytes);
  return `sl:emb:${tenant}:${modelRevisionKey(model)}:${model.preprocessing}:${input.kind}:${digest}`;
}
