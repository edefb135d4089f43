/**
 * Should this replica get traffic? Yes while it serves at least one model, of each one that it was told by name to serve at
 * least one revision, and no shutdown is under way. A model is served once it has answered a warm-up, and as long as its
 * sessions live and answer. What else is wrong makes it `degraded`, which is ready: a model that was refused beside those; a vector store
 * that is away, since all replicas would leave together although they can embed and judge without it.
 */
import type { StoreHealth } from "@sightline/shared/store/port";
import type { ModelReport, Refusal } from "./models/registry.ts";
import type { Phase, Replica } from "./replica.ts";

type Status = "ok" | "degraded" | "down";

export interface Readiness {
  readonly status: Status;
  readonly phase: Phase;
  readonly models: {
    readonly status: Status;
    readonly loaded: readonly ModelReport[];
    /** Wanted by name and not served. */
    readonly missing: readonly string[];
    readonly refused: readonly Refusal[];
  };
  readonly store: StoreHealth;
}

export async function readinessOf(replica: Replica): Promise<Readiness> {
  const { registry, phase } = replica;
  const store: StoreHealth = registry ? await replica.store.health() : { status: "down", detail: "not opened yet" };
  const loaded = registry?.report() ?? [];
  const { refused = [], missing = [] } = registry ?? {};
  const alive = loaded.filter(({ status }) => status === "ok");
  const models: Status =
    alive.length === 0 || missing.length > 0
      ? "down"
      : refused.length > 0 || alive.length < loaded.length
        ? "degraded"
        : "ok";
  const status: Status =
    phase !== "serving" || models === "down" ? "down" : store.status === "ok" ? models : "degraded";
  return { status, phase, models: { status: models, loaded, missing, refused }, store };
}
