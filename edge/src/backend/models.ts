/**
 * Which models the backend serves. Asked once a minute per isolate, and at once for a model that the list lacks; kept in
 * Redis, so that an isolate that starts while the GPU tier is away (or scaled to zero) still knows how to answer from
 * caches and stored vectors.
 */
import { ApiError } from "@sightline/shared/errors";
import { type ModelId, type ModelRevision, modelRevisionKey, TenantId } from "@sightline/shared/ids";
import {
  type Family,
  isServedOf,
  ModelsResponse,
  type Served,
  type ServedModel,
} from "@sightline/shared/internal/protocol";
import { deadlineIn } from "../deadline.ts";
import type { KeyValue } from "../redis.ts";
import type { BackendClient, CallContext } from "./client.ts";

const FRESH_MS = 60_000;
/** A list this young is not renewed for what it lacks: names that do not exist must not cost a call each. */
const JUST_RENEWED_MS = 5000;
/** A backend that hangs must not hold up what caches can answer. */
const REFRESH_TIMEOUT_MS = 2000;
const REDIS_KEY = "sl:models";
/** Calls that belong to no tenant are signed for this reserved name. */
const SYSTEM = TenantId.parse("system");

interface Snapshot {
  readonly models: readonly ServedModel[];
  readonly at: number;
}

export interface CatalogueContext extends Pick<CallContext, "requestId" | "trace" | "region"> {
  readonly backend: BackendClient;
  readonly store: KeyValue;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Lives as long as the isolate. */
export class ModelCatalogue {
  #snapshot: Snapshot | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;
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
    if (this.#ageMs >= FRESH_MS && this.#now() - this.#renewedAt >= JUST_RENEWED_MS) {
      // A time and not a flag, which would stay set for ever when the request that renews is cancelled.
      this.#renewedAt = this.#now();
      context.waitUntil(this.#fetch(context).catch(() => undefined));
    }
    return this.#snapshot.models;
  }

  /** The list as it was a few seconds ago at most, unless the backend is away. @throws as `list`. */
  async renew(context: CatalogueContext): Promise<readonly ServedModel[]> {
    return this.#snapshot && this.#ageMs < JUST_RENEWED_MS ? this.#snapshot.models : this.#fetch(context);
  }

  /**
   * The preferred revision of an id, or of the family's default model.
   * @throws ApiError(model_not_found | model_family_mismatch) naming `model`.
   */
  async find<F extends Family>(family: F, id: ModelId | undefined, context: CatalogueContext): Promise<Served<F>> {
    const found = await this.#pick(
      context,
      (models) => models.find((m) => m.id === (id ?? this.defaultOf(family, models))),
      (models) => {
        const missing = id ?? this.defaultOf(family, models);
        const message =
          missing === undefined ? `No model of the family "${family}" is served.` : `There is no model "${missing}".`;
        return new ApiError("model_not_found", { param: "model", message });
      },
    );
    return asFamily(found, family);
  }

  /** @throws ApiError(model_not_found) if this very revision is not served. */
  async findRevision<F extends Family>(
    family: F,
    { id, revision }: ModelRevision,
    context: CatalogueContext,
  ): Promise<Served<F>> {
    const found = await this.#pick(
      context,
      (models) => models.find((m) => m.id === id && m.revision === revision),
      () =>
        new ApiError("model_not_found", {
          message: `The revision "${revision}" of the model "${id}" is not served.`,
        }),
    );
    return asFamily(found, family);
  }

  /** What is meant where no model is named. The deployment's choice is one that embeds; of others it is the first. */
  defaultOf(family: Family, models: readonly ServedModel[]): ModelId | undefined {
    if (family === "clip" && this.#defaultModel !== "") return this.#defaultModel;
    return models.find((model) => model.family === family)?.id;
  }

  /** The backend no longer serves what the list says: the next look asks anew. */
  forget(): void {
    this.#snapshot = undefined;
  }

  get #ageMs(): number {
    return this.#snapshot ? this.#now() - this.#snapshot.at : Number.POSITIVE_INFINITY;
  }

  /** What the list lacks may have been loaded since. */
  async #pick(
    context: CatalogueContext,
    pick: (models: readonly ServedModel[]) => ServedModel | undefined,
    none: (models: readonly ServedModel[]) => ApiError,
  ): Promise<ServedModel> {
    const found = pick(await this.list(context));
    if (found) return found;
    const models = await this.renew(context);
    const loaded = pick(models);
    if (!loaded) throw none(models);
    return loaded;
  }

  async #fetch(context: CatalogueContext): Promise<readonly ServedModel[]> {
    const { backend, store } = context;
    try {
      const { models: answered, isPartial } = await backend.models({
        ...context,
        tenant: SYSTEM,
        deadline: deadlineIn(REFRESH_TIMEOUT_MS),
      });
      // What the origins serve that have not answered is known from before: a call for it is to fail as they do.
      const models = distinct([...answered, ...(isPartial ? ((await this.#known(store)) ?? []) : [])]);
      this.#snapshot = { models, at: this.#now() };
      context.waitUntil(store.set(REDIS_KEY, JSON.stringify({ models })).catch(() => undefined));
      return models;
    } catch (error) {
      const models = await this.#known(store);
      if (!models) throw error;
      this.#snapshot = { models, at: this.#now() };
      return models;
    }
  }

  async #known(store: KeyValue): Promise<readonly ServedModel[] | undefined> {
    return (await storedModels(store)) ?? this.#snapshot?.models;
  }
}

/** @throws ApiError(model_family_mismatch) naming `model`. */
function asFamily<F extends Family>(model: ServedModel, family: F): Served<F> {
  if (isServedOf(model, family)) return model;
  throw new ApiError("model_family_mismatch", {
    param: "model",
    message: `The model "${model.id}" is of the family "${model.family}"; this needs one of the family "${family}".`,
  });
}

/** The first of each revision, in the order given. */
const distinct = (models: readonly ServedModel[]): readonly ServedModel[] => {
  const keys = models.map(modelRevisionKey);
  return models.filter((_, i) => keys.indexOf(keys[i] ?? "") === i);
};

/** @returns undefined if there is none, or one of another version. */
async function storedModels(store: KeyValue): Promise<readonly ServedModel[] | undefined> {
  try {
    return ModelsResponse.parse(JSON.parse((await store.get(REDIS_KEY)) ?? "")).models;
  } catch {
    return undefined;
  }
}
