/** What this replica holds and which phase of its life it is in. Handlers read it; `main.ts` moves it along. */
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import type { VectorStore } from "@sightline/shared/store/port";
import type { Registry } from "./models/registry.ts";
import type { Snapshots } from "./retrieval/snapshots.ts";

/** A store that is embedded makes its own snapshots. */
export type Store = VectorStore & { readonly snapshots?: Snapshots };

export type Phase = "starting" | "serving" | "draining";

export class Replica {
  phase: Phase = "starting";
  #registry: Registry | undefined;
  #store: Store | undefined;

  get registry(): Registry | undefined {
    return this.#registry;
  }

  serve(registry: Registry, store: Store): void {
    this.#registry = registry;
    this.#store = store;
    if (this.phase === "starting") this.phase = "serving";
  }

  /** @throws ApiError(backend_unavailable) before the start is complete. */
  loaded(): Registry {
    return this.#registry ?? unavailable("backend_unavailable");
  }

  /** @throws ApiError(store_unavailable) before the start is complete. */
  get store(): Store {
    return this.#store ?? unavailable("store_unavailable");
  }
}

function unavailable(code: ErrorCode): never {
  throw new ApiError(code, { retryAfterSeconds: 2 });
}
