/**
 * Which models the backend serves. Asked once a minute per isolate and kept in Redis, so that an isolate that starts
 * while the GPU tier is away (or scaled to zero) still knows how to answer from caches and stored vectors.
 */
import { ApiError } from "@sightline/shared/errors";
import { ModelId, TenantId } from "@sightline/shared/ids";
import { ModelsResponse, type ServedModel } from "@sightline/shared/internal/protocol";
import type { KeyValue } from "../redis.ts";
import type { BackendClient, CallContext } from "./client.ts";

const FRESH_MS = 60_000;
const REDIS_KEY = "sl:models";
/** Calls that belong to no tenant are signed for this one; tenant ids of customers never begin with an underscore. */
const SYSTEM = TenantId.parse("system");

interface Snapshot {
  readonly models: readonly ServedModel[];
  readonly at: number;
}

/** Lives as long as the isolate. */
export class ModelCatalogue {
  #snapshot: Snapshot | undefined;
  readonly #now: () => number;
  readonly #defaultModel: string;

  constructor(defaultModel: string, now: () => number = Date.now) {
    this.#defaultModel = defaultModel;
    this.#now = now;
  }

  /** @throws ApiError(backend_unavailable…) only if no list was ever seen, here or by another isolate. */
  async list(
    backend: BackendClient,
    store: KeyValue,
    context: Omit<CallContext, "tenant">,
  ): Promise<readonly ServedModel[]> {
    if (this.#snapshot && this.#now() - this.#snapshot.at < FRESH_MS) return this.#snapshot.models;
    try {
      const { models } = await backend.call("/internal/v1/models", {}, ModelsResponse, { ...context, tenant: SYSTEM });
      this.#keep(models);
      await store.set(REDIS_KEY, JSON.stringify({ models })).catch(() => undefined);
      return models;
    } catch (error) {
      const models = this.#snapshot?.models ?? (await storedModels(store));
      if (!models) throw error;
      this.#keep(models);
      return models;
    }
  }

  /** @throws ApiError(model_not_found) naming `model`. */
  async find(id: ModelId | undefined, ...source: Parameters<ModelCatalogue["list"]>): Promise<ServedModel> {
    const models = await this.list(...source);
    const wanted = id ?? this.defaultOf(models);
    const model = models.find((m) => m.id === wanted);
    if (!model)
      throw new ApiError("model_not_found", { param: "model", message: `There is no model "${wanted ?? ""}".` });
    return model;
  }

  defaultOf(models: readonly ServedModel[]): ModelId | undefined {
    return this.#defaultModel ? ModelId.parse(this.#defaultModel) : models[0]?.id;
  }

  #keep(models: readonly ServedModel[]): void {
    this.#snapshot = { models, at: this.#now() };
  }
}

async function storedModels(store: KeyValue): Promise<readonly ServedModel[] | undefined> {
  const text = await store.get(REDIS_KEY).catch(() => null);
  return text === null ? undefined : ModelsResponse.parse(JSON.parse(text)).models;
}
