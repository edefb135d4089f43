/**
 * Inputs to a model's answers: the one way in which any endpoint gets an embedding or a judgement. Each distinct input is looked up in the cache
 * tiers; only what none of them has goes to the backend, in one call, unless a request of this isolate is already
 * waiting for the same bytes. A batch of 64 with 60 cached costs four inferences.
 */
import { ApiError } from "@sightline/shared/errors";
import type { TenantId } from "@sightline/shared/ids";
import type { Timings } from "@sightline/shared/internal/protocol";
import { readTiers } from "./cached.ts";
import { type InferContext, infer } from "./infer.ts";
import { cacheKey } from "./key.ts";
import { countSources, type Outcome, type SourceCounts, slotsOf } from "./slots.ts";
import type { Task } from "./task.ts";

export interface Resolution {
  /** One per input, in order. An input that cannot be answered fails alone. */
  readonly outcomes: readonly Outcome[];
  /** Of the backend call, if there was one. */
  readonly timings: Timings | undefined;
}

/** Hears of the look-ups when they are over, whatever becomes of the backend call. */
interface LookUpObserver {
  measure<T>(work: Promise<T>): Promise<T>;
  counted(counts: SourceCounts): void;
}

export interface ResolveContext extends InferContext {
  /** Whose cache entries these are; undefined where tenants share them. */
  readonly owner: TenantId | undefined;
  /**
   * Asks the limiter. Called once, in the turn in which Redis is asked for entries; no inference is asked for before it has
   * let the request through.
   */
  readonly admit: () => Promise<void>;
  readonly observer: LookUpObserver;
}

/** @throws ApiError if the backend as a whole cannot answer, or what `admit` throws; errors of single inputs are outcomes. */
export async function resolve<Input>(
  task: Task<Input>,
  inputs: readonly Input[],
  context: ResolveContext,
): Promise<Resolution> {
  const { tiers, observer } = context;
  const identities = await Promise.all(inputs.map(task.identityOf));
  const slots = slotsOf(inputs, identities, (identity) => cacheKey(context.owner, task.model, identity));
  const distinct = [...new Set(slots)];
  const read = (asked: typeof tiers) => observer.measure(readTiers(distinct, task.width, asked, context));

  await read(tiers.filter(({ name }) => name !== "redis"));
  const admitted = context.admit();
  // Awaited below, but it may be refused while the caches are still being read.
  admitted.catch(() => undefined);
  await read(tiers.filter(({ name }) => name === "redis"));
  await admitted;
  // While we looked farther away, another request may have brought what we lack.
  await read(tiers.filter(({ name }) => name === "memory"));
  observer.counted(countSources(slots, (key) => context.inFlight.has(key)));

  const missing = distinct.filter((slot) => !slot.outcome);
  const timings = missing.length > 0 ? await infer(task, missing, context) : undefined;
  return { outcomes: slots.map((slot) => slot.outcome ?? new ApiError("internal_error")), timings };
}
