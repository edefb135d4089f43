import { type CatalogueContext, ModelCatalogue } from "../backend/models.ts";
import type { KeyValue } from "../redis.ts";

const NOWHERE: KeyValue = { get: async () => null, set: async () => undefined };

/** Keeps its list to itself, where a test changes what is served: other tests find the true one in Redis. */
export class PrivateCatalogue extends ModelCatalogue {
  override list(context: CatalogueContext) {
    return super.list({ ...context, store: NOWHERE });
  }
  override renew(context: CatalogueContext) {
    return super.renew({ ...context, store: NOWHERE });
  }
}
