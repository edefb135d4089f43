/** What this replica holds and which phase of its life it is in. Handlers read it; `main.ts` moves it along. */
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import type { VectorStore } from "@sightline/shared/store/port";
import type { Registry } from "./models/registry.ts";

export type Phase = "starting" | "serving" | "draining";

export class Replica {
  phase: Phase = "starting";
  #registry: Registry | undefined;
  #store: VectorStore | undefined;

  get registry(): Registry | undefined {
    return this.#registry;
  }

  serve(registry: Registry, store: VectorStore): void {
    this.#registry = registry;
    this.#store = store;
    if (this.phase === "starting") this.phase = "serving";
  }

  /** @throws ApiError(backend_unavailable) before the start is complete. */
  loaded(): Registry {
    return this.#registry ?? unavailable("backend_unavailable");
  }

  /** @throws ApiError(store_unavailable) before the start is complete. */
  get store(): VectorStore {
    return this.#store ?? unavailable("store_unavailable");
  }
}

function unavailable(code: ErrorCode): never {
  throw new ApiError(code, { retryAfterSeconds: 2 });
}
