/** What the inference routes share: from a request's inputs to vectors, with cost, limits, timings and headers. */

import type { Usage } from "@sightline/shared/api/inference";
import { type Input, type ParsedInput, parseInput } from "@sightline/shared/api/input";
import { ApiError } from "@sightline/shared/errors";
import type { ModelId } from "@sightline/shared/ids";
import { type Family, isServedOf, type Served } from "@sightline/shared/internal/protocol";
import type { Work } from "@sightline/shared/limits";
import type { Context } from "hono";
import type { CallContext } from "./backend/client.ts";
import type { CatalogueContext } from "./backend/models.ts";
import { regionOf } from "./backend/regions.ts";
import { chooseRevision } from "./backend/routing.ts";
import { coloTier } from "./cache/colo.ts";
import { redisTier } from "./cache/redis.ts";
import type { CacheTier } from "./cache/tier.ts";
import type { App } from "./context.ts";
import { embedding } from "./embeddings/embedding.ts";
import type { Embedded } from "./embeddings/entry.ts";
import { resolve } from "./embeddings/resolve.ts";
import { added, cachedIn, type Outcome, type SourceCounts } from "./embeddings/slots.ts";
import type { Task } from "./embeddings/task.ts";
import { admit } from "./middleware/admission.ts";

/** An input and the request field that it came from, for errors. */
export interface NamedInput {
  readonly param: string;
  readonly input: ParsedInput;
}

/** A call with more inputs than this is bulk work. */
const INTERACTIVE_INPUTS = 32;

/** What every call that a request causes carries along. */
const causeOf = (c: Context<App>) => ({
  requestId: c.var.requestId,
  trace: c.var.trace,
  region: regionOf(c.req.raw.cf?.continent),
});

export const callContext = (c: Context<App>): CallContext => ({
  ...causeOf(c),
  tenant: c.var.identity.tenant,
  deadline: c.var.deadline,
  onOrigin: (id) => c.set("origin", id),
});

export const catalogueContext = (c: Context<App>): CatalogueContext => ({
  ...causeOf(c),
  backend: c.var.services.backend,
  store: c.var.redis,
  waitUntil: (work) => c.executionCtx.waitUntil(work),
});

export const findModel = <F extends Family>(c: Context<App>, family: F, id: ModelId | undefined): Promise<Served<F>> =>
  c.var.services.models.find(family, id, catalogueContext(c));

/** What the caller gets who names only a model's id, or none: its preferred revision, or that of a canary. */
async function modelForCaller<F extends Family>(
  c: Context<App>,
  family: F,
  id: ModelId | undefined,
): Promise<Served<F>> {
  const { services, identity } = c.var;
  const context = catalogueContext(c);
  const [preferred, routing] = await Promise.all([
    services.models.find(family, id, context),
    services.routing.current(context),
  ]);
  const served = (await services.models.list(context)).filter((model) => isServedOf(model, family));
  return chooseRevision(preferred, served, routing, identity.tenant);
}

/**
 * Does work with the caller's revision of a model. If the backend has unloaded that one since we last saw its list, the
 * work is done once more with the revision that has taken its place: who names only the id is not to notice a swap.
 */
export async function withModel<F extends Family, T>(
  c: Context<App>,
  family: F,
  id: ModelId | undefined,
  work: (model: Served<F>) => Promise<T>,
): Promise<T> {
  const model = await modelForCaller(c, family, id);
  try {
    return await work(model);
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code !== "model_not_found") throw cause;
    c.var.services.models.forget();
    const successor = await modelForCaller(c, family, id);
    if (successor.id === model.id && successor.revision === model.revision)
      throw new ApiError("backend_unavailable", {
        message: "The model has just been replaced.",
        retryAfterSeconds: 1,
        cause,
      });
    return work(successor);
  }
}

/** The list form and the single form of an `input` field, parsed, each with its name. */
export function namedInputs(inputs: Input | readonly Input[], field: string): NamedInput[] {
  return Array.isArray(inputs)
    ? inputs.map((input: Input, i) => ({ param: `${field}[${i}]`, input: parseInput(input, `${field}[${i}]`) }))
    : [{ param: field, input: parseInput(inputs as Input, field) }];
}

const imagesIn = (inputs: readonly NamedInput[]): number => inputs.filter(({ input }) => input.kind !== "text").length;

/** What embedding these inputs is. */
export const workOf = (inputs: readonly NamedInput[]) => {
  const image = imagesIn(inputs);
  return { text: inputs.length - image, image } satisfies Work;
};

/**
 * Embeds all inputs or fails with the error of the first that cannot be embedded, blamed on its field. Charges for the
 * inputs and for `more`, and sets `Sightline-Cache`.
 *
 * @returns entries in the order of the inputs.
 * @throws ApiError(model_not_found) if the backend no longer serves this revision.
 */
export async function embedAll(
  c: Context<App>,
  model: Served<"clip">,
  inputs: readonly NamedInput[],
  more: Work = {},
): Promise<readonly Embedded[]> {
  const parsed = inputs.map(({ input }) => input);
  const outcomes = await answersTo(c, embedding(model), parsed, { ...workOf(inputs), ...more });
  return outcomes.map((outcome, i) => {
    if (!(outcome instanceof ApiError)) return outcome;
    throw outcome.status < 500 ? outcome.at(inputs[i]?.param ?? "input") : outcome;
  });
}

/**
 * Answers from caches and by one call to the backend. Charges for `work`, and sets `Sightline-Cache`.
 * @returns one outcome per input, in order: an input that cannot be answered fails alone.
 * @throws ApiError(model_not_found) if the backend no longer serves this revision.
 */
export async function answersTo<Input>(
  c: Context<App>,
  task: Task<Input>,
  inputs: readonly Input[],
  work: Work,
): Promise<readonly Outcome[]> {
  const { services, timing, identity } = c.var;
  c.set("model", task.model);
  const { outcomes, timings } = await resolve(task, inputs, {
    ...callContext(c),
    backend: services.backend,
    owner: services.config.CACHE_SHARED_ACROSS_TENANTS ? undefined : identity.tenant,
    tiers: cacheTiers(c),
    refusalSeconds: services.config.CACHE_REFUSALS_SECONDS,
    inFlight: services.inFlight,
    admit: () => admit(c, work),
    observer: {
      measure: (reading) => timing.measure("cache", reading),
      counted: (counts) => tellSources(c, counts),
    },
    // One who waits for an answer to a few words comes before one who sends hundreds.
    lane: inputs.length > INTERACTIVE_INPUTS ? "bulk" : "interactive",
    now: Date.now,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  });
  if (timings) timing.addBackend(timings);
  return outcomes;
}

function cacheTiers(c: Context<App>): readonly CacheTier[] {
  const { redis, services } = c.var;
  const { CACHE_COLO_TTL_SECONDS, CACHE_TTL_SECONDS } = services.config;
  return [
    ...(services.memory ? [services.memory] : []),
    ...(CACHE_COLO_TTL_SECONDS > 0 ? [coloTier(new URL(c.req.url).origin, CACHE_COLO_TTL_SECONDS)] : []),
    ...(CACHE_TTL_SECONDS > 0 ? [redisTier(redis, CACHE_TTL_SECONDS)] : []),
  ];
}

/** To the caller and to the log, also if the rest of the work fails; of a request that asks twice, all of it. */
function tellSources(c: Context<App>, latest: SourceCounts): void {
  const counts = c.var.cache ? added(c.var.cache, latest) : latest;
  const cached = cachedIn(counts);
  const all = cached + counts.joined + counts.miss;
  c.set("cache", counts);
  c.header("Sightline-Cache", cached === all ? "hit" : cached > 0 ? "partial" : "miss");
  const sources = Object.entries(counts).filter(([, count]) => count > 0);
  c.var.timing.describe("cache", sources.map(([name, count]) => `${name} ${count}`).join(", "));
}

export function usageOf(entries: readonly Embedded[], inputs: readonly NamedInput[]): Usage {
  const tokens = entries.reduce((sum, entry) => sum + entry.tokens, 0);
  return {
    prompt_tokens: tokens,
    total_tokens: tokens,
    images: imagesIn(inputs),
  };
}
