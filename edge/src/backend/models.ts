/**
 * Which models the backend serves. Asked once a minute per isolate and kept in Redis, so that an isolate that starts
 * while the GPU tier is away (or scaled to zero) still knows how to answer from caches and stored vectors.
 */
import { ApiError } from "@sightline/shared/errors";
import { type ModelId, type RequestId, TenantId } from "@sightline/shared/ids";
import { ModelsResponse, type ServedModel } from "@sightline/shared/internal/protocol";
import { deadlineIn } from "../deadline.ts";
import type { KeyValue } from "../redis.ts";
import type { BackendClient } from "./client.ts";

const FRESH_MS = 60_000;
/** A backend that hangs must not hold up what caches can answer. */
const REFRESH_TIMEOUT_MS = 2000;
const REDIS_KEY = "sl:models";
/** Calls that belong to no tenant are signed for this reserved name. */
const SYSTEM = TenantId.parse("system");

interface Snapshot {
  readonly models: readonly ServedModel[];
  readonly at: number;
}

export interface CatalogueContext {
  readonly backend: BackendClient;
  readonly store: KeyValue;
  readonly requestId: RequestId;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Lives as long as the isolate. */
export class ModelCatalogue {
  #snapshot: Snapshot | undefined;
  #refreshing = false;
  readonly #defaultModel: ModelId | "";
  readonly #now: () => number;

  constructor(defaultModel: ModelId | "", now: () => number = Date.now) {
    this.#defaultModel = defaultModel;
    this.#now = now;
  }

  /**
   * A list that has grown old is still answered at once, and renewed behind the answer.
   * @throws ApiError(backend_unavailable…) only if no list was ever seen, here or by another isolate.
   */
  async list(context: CatalogueContext): Promise<readonly ServedModel[]> {
    if (!this.#snapshot) return this.#fetch(context);
    if (this.#now() - this.#snapshot.at >= FRESH_MS && !this.#refreshing) {
      this.#refreshing = true;
      context.waitUntil(
        this.#fetch(context)
          .catch(() => undefined)
          .finally(() => {
            this.#refreshing = false;
          }),
      );
    }
    return this.#snapshot.models;
  }

  /** @throws ApiError(model_not_found) naming `model`. */
  async find(id: ModelId | undefined, context: CatalogueContext): Promise<ServedModel> {
    const models = await this.list(context);
    const wanted = id ?? this.defaultOf(models);
    const model = models.find((m) => m.id === wanted);
    if (!model)
      throw new ApiError("model_not_found", { param: "model", message: `There is no model "${wanted ?? ""}".` });
    return model;
  }

  defaultOf(models: readonly ServedModel[]): ModelId | undefined {
    return this.#defaultModel || models[0]?.id;
  }

  /** The backend no longer serves what the list says: the next request asks anew. */
  forget(): void {
    this.#snapshot = undefined;
  }

  async #fetch({ backend, store, requestId }: CatalogueContext): Promise<readonly ServedModel[]> {
    try {
      const call = { tenant: SYSTEM, requestId, deadline: deadlineIn(REFRESH_TIMEOUT_MS) };
      const { models } = await backend.call("/internal/v1/models", {}, ModelsResponse, call);
      this.#snapshot = { models, at: this.#now() };
      await store.set(REDIS_KEY, JSON.stringify({ models })).catch(() => undefined);
      return models;
    } catch (error) {
      const models = await storedModels(store);
      if (!models) throw error;
      this.#snapshot = { models, at: this.#now() };
      return models;
    }
  }
}

/** @returns undefined if there is none, or one of another version. */
async function storedModels(store: KeyValue): Promise<readonly ServedModel[] | undefined> {
  try {
    return ModelsResponse.parse(JSON.parse((await store.get(REDIS_KEY)) ?? "")).models;
  } catch {
    return undefined;
  }
}
