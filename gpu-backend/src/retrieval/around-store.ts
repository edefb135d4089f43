/** A vector store with something done around each call of it, but for its health and its end. */
import { ApiError } from "@sightline/shared/errors";
import type { VectorSpace, VectorStore } from "@sightline/shared/store/port";
import type { StoreOperation } from "../observer.ts";
import type { Store } from "../replica.ts";

/** Is no failure of the store. */
export const isCallersMistake = (failure: unknown): boolean => failure instanceof ApiError && failure.status < 500;

type Around = <T>(operation: StoreOperation, space: VectorSpace, call: () => Promise<T>) => Promise<T>;

export function aroundStore(store: Store, around: Around): Store {
  const calls: VectorStore = {
    ensure: (space) => around("ensure", space, () => store.ensure(space)),
    upsert: (space, scope, points) => around("upsert", space, () => store.upsert(space, scope, points)),
    delete: (space, scope, selector) => around("delete", space, () => store.delete(space, scope, selector)),
    get: (space, scope, ids) => around("get", space, () => store.get(space, scope, ids)),
    scroll: (space, scope, query) => around("scroll", space, () => store.scroll(space, scope, query)),
    search: (space, scope, query) => around("search", space, () => store.search(space, scope, query)),
    count: (space, scope) => around("count", space, () => store.count(space, scope)),
    health: () => store.health(),
    close: () => store.close(),
  };
  return store.snapshots ? { ...calls, snapshots: store.snapshots } : calls;
}
