/** A vector store whose calls are told to an observer. */
import { ApiError } from "@sightline/shared/errors";
import type { VectorStore } from "@sightline/shared/store/port";
import { type Observer, observed, type StoreOperation } from "../observer.ts";
import type { Store } from "../replica.ts";

export function observedStore(store: Store, observer: Pick<Observer, "store">): Store {
  function told<T>(operation: StoreOperation, call: () => Promise<T>): Promise<T> {
    const end = observer.store(operation);
    return observed((failure) => (isCallersMistake(failure) ? end() : end(failure)), call);
  }
  const calls: VectorStore = {
    ensure: (space) => told("ensure", () => store.ensure(space)),
    upsert: (space, scope, points) => told("upsert", () => store.upsert(space, scope, points)),
    delete: (space, scope, selector) => told("delete", () => store.delete(space, scope, selector)),
    get: (space, scope, ids) => told("get", () => store.get(space, scope, ids)),
    scroll: (space, scope, query) => told("scroll", () => store.scroll(space, scope, query)),
    search: (space, scope, query) => told("search", () => store.search(space, scope, query)),
    count: (space, scope) => told("count", () => store.count(space, scope)),
    health: () => store.health(),
    close: () => store.close(),
  };
  return store.snapshots ? { ...calls, snapshots: store.snapshots } : calls;
}

const isCallersMistake = (failure: unknown): boolean => failure instanceof ApiError && failure.status < 500;
