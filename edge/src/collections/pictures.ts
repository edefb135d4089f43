/** Item pictures in R2: a WebP thumbnail per image item, under a name that only its owner's requests can form. */
import { sha256Hex } from "@sightline/shared/digest";
import type { ItemId } from "@sightline/shared/ids";
import type { Scope } from "@sightline/shared/store/port";
import { orUnavailable } from "../or-unavailable.ts";

const prefixOf = ({ tenant, collection }: Scope): string => `items/${tenant}/${collection}/`;
/** Item ids hold any characters and up to 256 of them; object names do not. */
const nameOf = async (scope: Scope, id: ItemId): Promise<string> => prefixOf(scope) + (await sha256Hex(id));

/** R2 deletes and lists at most this many objects a call. */
const R2_BATCH = 1000;

/** Every method throws ApiError(store_unavailable) if the bucket does not answer. */
export class Pictures {
  readonly #bucket: R2Bucket;
  readonly #scope: Scope;

  constructor(bucket: R2Bucket, scope: Scope) {
    this.#bucket = bucket;
    this.#scope = scope;
  }

  async put(id: ItemId, webp: Uint8Array): Promise<void> {
    const name = await nameOf(this.#scope, id);
    await guarded(this.#bucket.put(name, webp, { httpMetadata: { contentType: "image/webp" } }));
  }

  async get(id: ItemId): Promise<R2ObjectBody | null> {
    return guarded(this.#bucket.get(await nameOf(this.#scope, id)));
  }

  async delete(ids: readonly ItemId[]): Promise<void> {
    const names = await Promise.all(ids.map((id) => nameOf(this.#scope, id)));
    for (let i = 0; i < names.length; i += R2_BATCH) await guarded(this.#bucket.delete(names.slice(i, i + R2_BATCH)));
  }

  /** Deletes the pictures of the whole collection. */
  async deleteAll(): Promise<void> {
    for (;;) {
      const { objects, truncated } = await guarded(
        this.#bucket.list({ prefix: prefixOf(this.#scope), limit: R2_BATCH }),
      );
      if (objects.length > 0) await guarded(this.#bucket.delete(objects.map((object) => object.key)));
      if (!truncated) return;
    }
  }
}

/** What was written stays written; sending the same again is harmless and brings the picture. */
const guarded = <T>(work: Promise<T>): Promise<T> =>
  orUnavailable(() => work, { message: "Item pictures cannot be reached." });
