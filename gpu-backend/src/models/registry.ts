/**
 * The models that are served, by id and revision, as the folders have it. `reload` makes it so again: what is new is loaded
 * while the rest goes on serving, what is gone is unloaded once the work that uses it has ended, and a folder that cannot
 * be served is refused with the reason, while what was loaded from it before goes on.
 */
import { ApiError } from "@sightline/shared/errors";
import { type ModelRevision, modelRevisionKey } from "@sightline/shared/ids";
import type { Family, ServedModel } from "@sightline/shared/internal/protocol";
import { UNOBSERVED } from "../observer.ts";
import type { EngineStats } from "./engine.ts";
import { ModelFault, reasonOf } from "./fault.ts";
import { Leases } from "./leases.ts";
import type { Manifest, Variant } from "./manifest.ts";
import { freeBytes } from "./memory.ts";
import { findModelFolders, inOrderOfPreference, isWanted, MANIFEST, type ModelFolder } from "./model-folders.ts";
import { isOf, type Model, type ModelOf } from "./models.ts";
import { type Location, type OpenedModel, type OpenOptions, openModel, readManifest } from "./open-model.ts";
import { requireSame } from "./same-model.ts";

export interface RegistryOptions extends Omit<OpenOptions, "freeBytes"> {
  /** Folders that hold models' folders; one that does not exist holds none. */
  readonly modelsDirs: readonly string[];
  /** `<id>` (every revision) or `<id>@<revision>`; or all that the folders hold. */
  readonly wanted: readonly string[] | "all";
  readonly freeBytes?: () => number;
}

export interface Refusal {
  /** The name of the folder, or what was wanted and is nowhere. */
  readonly id: string;
  readonly reason: string;
}

export interface ModelReport {
  readonly id: string;
  readonly revision: string;
  readonly family: Family;
  /** `down` while a session worker of it is being replaced, and for good when a graph of it can do nothing any more. */
  readonly status: "ok" | "down";
  readonly folder: string;
  readonly loadMs: number;
  /** Estimated, at the height of loading. */
  readonly loadingBytes: number;
  readonly graphs: Readonly<Record<string, EngineStats & { readonly variant: Variant | undefined }>>;
}

interface Loaded extends OpenedModel {
  readonly location: Location;
  /** As it was when the model was loaded. */
  readonly manifest: Manifest;
  readonly leases: Leases;
  readonly loadMs: number;
}

/** A model that a folder gives, freshly loaded or not. */
interface Offer {
  readonly folder: ModelFolder;
  readonly loaded: Loaded;
}

export class Registry {
  readonly #options: RegistryOptions;
  #loaded: ReadonlyMap<string, Loaded> = new Map();
  #refused: readonly Refusal[] = [];
  readonly #unloading = new Set<Promise<void>>();
  #reloading: Promise<void> = Promise.resolve();
  #nextReload: Promise<void> | undefined;
  #closing = false;

  /** Empty until the first `reload`. */
  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /**
   * By `modelRevisionKey`. Of one id the preferred revision comes first: the one that a caller gets who names only the id.
   * To ask a model something, `use` it.
   */
  get models(): ReadonlyMap<string, Model> {
    return new Map([...this.#loaded].map(([key, { model }]) => [key, model]));
  }

  get refused(): readonly Refusal[] {
    return this.#refused;
  }

  /** What is wanted by name, and of which no revision is served by sessions that are all alive. */
  get missing(): readonly string[] {
    const { wanted } = this.#options;
    return wanted === "all" ? [] : wanted.filter((name) => !this.#serves(name));
  }

  served(): readonly ServedModel[] {
    return [...this.#loaded.values()].map(({ model }) => model.served);
  }

  /** For `/readyz` and the gauges. */
  report(): readonly ModelReport[] {
    return [...this.#loaded.values()].map(({ model, variants, location, loadMs, loadingBytes }) => {
      const { id, revision, family } = model.served;
      const graphs = Object.entries<EngineStats>(model.stats()).map(
        ([graph, stats]) => [graph, { variant: variants[graph], ...stats }] as const,
      );
      return {
        id,
        revision,
        family,
        status: isAlive(model) ? "ok" : "down",
        folder: location.path,
        loadMs,
        loadingBytes,
        graphs: Object.fromEntries(graphs),
      };
    });
  }

  /**
   * The model stays loaded until the work has ended, even if its folder is removed meanwhile.
   * @throws ApiError(model_not_found | model_family_mismatch), or what `work` throws.
   */
  async use<F extends Family, T>(
    family: F,
    wanted: ModelRevision,
    work: (model: ModelOf<F>) => Promise<T>,
  ): Promise<T> {
    const loaded = this.#loaded.get(modelRevisionKey(wanted));
    if (!loaded)
      throw new ApiError("model_not_found", {
        message: `The revision "${wanted.revision}" of the model "${wanted.id}" is not served.`,
      });
    const { model, leases } = loaded;
    if (!isOf(model, family)) throw new ApiError("model_family_mismatch");
    return leases.hold(() => work(model));
  }

  /**
   * Reads the folders again. One at a time; calls that come while one waits share it, since it has not looked yet.
   * @throws Error if a folder of models is there and cannot be read; nothing has changed then.
   */
  reload(): Promise<void> {
    this.#nextReload ??= this.#reloading
      .catch(() => undefined)
      .then(() => {
        this.#nextReload = undefined;
        this.#reloading = this.#apply();
        return this.#reloading;
      });
    return this.#nextReload;
  }

  /** Call it when nothing uses a model any more. */
  async close(): Promise<void> {
    this.#closing = true;
    await (this.#nextReload ?? this.#reloading).catch(() => undefined);
    this.#serve([]);
    await Promise.all(this.#unloading);
  }

  async #apply(): Promise<void> {
    const { modelsDirs, wanted, observer = UNOBSERVED } = this.#options;
    const folders = await findModelFolders(modelsDirs, wanted);
    const loadedFrom = new Map([...this.#loaded.values()].map((loaded) => [loaded.location.path, loaded]));
    const offers = new Map<string, Offer>();
    const fallbacks: Offer[] = [];
    const refused: Refusal[] = [];
    // One after the other: each load uses every core, and the log reads in order.
    for (const folder of folders) {
      if (this.#closing) break;
      const before = [loadedFrom.get(folder.path)];
      try {
        const manifest = await readManifest(folder);
        const key = modelRevisionKey(manifest);
        before.push(this.#loaded.get(key));
        const other = offers.get(key);
        if (other)
          throw new ModelFault(`"${key}" is offered by ${other.folder.path} already`, "remove one of the two folders");
        offers.set(key, { folder, loaded: await this.#keepOrLoad(folder, manifest) });
      } catch (error) {
        refused.push({ id: folder.name, reason: reasonOf(error) });
        for (const loaded of before) if (loaded) fallbacks.push({ folder, loaded });
      }
    }
    for (const fallback of fallbacks) {
      const key = modelRevisionKey(fallback.loaded.model.served);
      if (!offers.has(key)) offers.set(key, fallback);
    }
    this.#serve([...offers.values()]);
    this.#refused = [...refused, ...absent(wanted, folders, modelsDirs)];
    for (const { id } of this.#refused) observer.modelRefused(id);
  }

  async #keepOrLoad(folder: ModelFolder, manifest: Manifest): Promise<Loaded> {
    const current = this.#loaded.get(modelRevisionKey(manifest));
    if (current) {
      requireSame(manifest, current);
      current.location.path = folder.path;
      return current;
    }
    const { log, now, observer = UNOBSERVED } = this.#options;
    const startedAt = now();
    const location = { path: folder.path };
    const opened = await openModel(location, manifest, { freeBytes, ...this.#options });
    const loadMs = Math.round(now() - startedAt);
    const { served } = opened.model;
    const graphs = Object.entries<EngineStats>(opened.model.stats());
    const providers = Object.fromEntries(graphs.map(([graph, { provider }]) => [graph, provider]));
    log.info({ model: served, providers, loadMs }, "model loaded");
    observer.modelLoaded(
      modelRevisionKey(served),
      graphs.map(([graph]) => graph),
    );
    return { ...opened, location, manifest, leases: new Leases(), loadMs };
  }

  /** From now on this is what is served; what was and no longer is will be unloaded. */
  #serve(offers: readonly Offer[]): void {
    const before = [...this.#loaded.values()];
    const loaded = inOrderOfPreference(offers).map((offer) => offer.loaded);
    this.#loaded = new Map(loaded.map((one) => [modelRevisionKey(one.model.served), one]));
    for (const gone of before.filter((one) => !loaded.includes(one))) {
      const unloaded = this.#unload(gone)
        .catch((error: unknown) => this.#options.log.warn({ err: error }, "model not unloaded cleanly"))
        .finally(() => this.#unloading.delete(unloaded));
      this.#unloading.add(unloaded);
    }
  }

  async #unload({ leases, model, location }: Loaded): Promise<void> {
    await leases.ended();
    await model.close();
    const { id, revision } = model.served;
    this.#options.log.info({ model: { id, revision }, folder: location.path }, "model unloaded");
  }

  #serves(name: string): boolean {
    return [...this.#loaded.values()].some(
      ({ model }) => isAlive(model) && isWanted({ id: model.served.id, name: modelRevisionKey(model.served) }, name),
    );
  }
}

const isAlive = (model: Model): boolean => Object.values<EngineStats>(model.stats()).every(({ alive }) => alive);

/** What is wanted by name and lies nowhere. */
function absent(
  wanted: RegistryOptions["wanted"],
  folders: readonly ModelFolder[],
  modelsDirs: readonly string[],
): readonly Refusal[] {
  if (wanted === "all") return [];
  return wanted
    .filter((name) => !folders.some((folder) => isWanted(folder, name)))
    .map((name) => ({
      id: name,
      reason: `no folder of that name in ${modelsDirs.join(", ")} holds a ${MANIFEST}; pull the model, or take it out of MODELS`,
    }));
}

/** A registry that has read its folders. @throws as `Registry.reload`. */
export async function loadRegistry(options: RegistryOptions): Promise<Registry> {
  const registry = new Registry(options);
  await registry.reload();
  return registry;
}
