/** A vector store whose calls are told to an observer. */
import { type Observer, observed } from "../observer.ts";
import type { Store } from "../replica.ts";
import { aroundStore, isCallersMistake } from "./around-store.ts";

export const observedStore = (store: Store, observer: Pick<Observer, "store">): Store =>
  aroundStore(store, (operation, _space, call) => {
    const end = observer.store(operation);
    return observed((failure) => (isCallersMistake(failure) ? end() : end(failure)), call);
  });
