/** What this replica holds and which phase of its life it is in. Handlers read it; `main.ts` moves it along. */
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import type { ModelRevision } from "@sightline/shared/ids";
import type { VectorStore } from "@sightline/shared/store/port";
import type { ClipModel } from "./models/clip/model.ts";
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
    this.phase = "serving";
  }

  /** @throws ApiError(backend_unavailable) before the start is complete. */
  loaded(): Registry {
    return this.#registry ?? unavailable("backend_unavailable");
  }

  /** @throws ApiError(store_unavailable) before the start is complete. */
  get store(): VectorStore {
    return this.#store ?? unavailable("store_unavailable");
  }

  /** @throws ApiError(model_not_found | backend_unavailable) */
  model(wanted: ModelRevision): ClipModel {
    const model = this.loaded().models.get(wanted.id);
    if (model?.served.revision !== wanted.revision) {
      throw new ApiError("model_not_found", {
        message: `There is no model "${wanted.id}" of revision "${wanted.revision}" here.`,
      });
    }
    return model;
  }
}

function unavailable(code: ErrorCode): never {
  throw new ApiError(code, { retryAfterSeconds: 2 });
}
