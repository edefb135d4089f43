/**
 * Inputs to vectors: the one way in which any endpoint gets an embedding. Each distinct input is looked up in the cache
 * tiers; only what none of them has goes to the backend, in one call, unless a request of this isolate is already
 * waiting for the same bytes. A batch of 64 with 60 cached costs four inferences.
 */
import type { ParsedInput } from "@sightline/shared/api/input";
import { ApiError } from "@sightline/shared/errors";
import {
  EmbedResponse,
  type EmbedResult,
  type Lane,
  type ServedModel,
  type Timings,
} from "@sightline/shared/internal/protocol";
import type { BackendClient, CallContext } from "../backend/client.ts";
import type { Embedded } from "./entry.ts";
import { cacheKey } from "./key.ts";
import type { CacheTier } from "./tiers.ts";

type Outcome = Embedded | ApiError;

export interface Resolution {
  /** One per input, in order. An input that cannot be embedded fails alone. */
  readonly outcomes: readonly Outcome[];
  /** How many of the inputs a cache tier had. */
  readonly cached: number;
  readonly timings: Timings | undefined;
}

export interface ResolveContext extends CallContext {
  readonly backend: BackendClient;
  /** Nearest first. */
  readonly tiers: readonly CacheTier[];
  readonly inFlight: InFlight;
  /** Settles when the limiter has let the request through; no inference is asked for before. */
  readonly admitted: Promise<void>;
  readonly lane: Lane;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/**
 * What other requests of this isolate are waiting for at the moment, by cache key. Resolves to undefined when that
 * request's call failed as a whole: its deadline was not ours.
 */
export type InFlight = Map<string, Promise<Outcome | undefined>>;

/** Equal inputs of one request share a slot. */
interface Slot {
  readonly key: string | undefined;
  readonly input: ParsedInput;
  outcome?: Outcome | undefined;
}

/** @throws ApiError if the backend as a whole cannot answer; errors of single inputs are in `outcomes`. */
export async function resolveEmbeddings(
  model: ServedModel,
  inputs: readonly ParsedInput[],
  context: ResolveContext,
): Promise<Resolution> {
  const keys = await Promise.all(inputs.map((input) => cacheKey(context.tenant, model, input)));
  const slotOf = new Map<string, Slot>();
  const slots = inputs.map((input, i) => {
    const identity = keys[i] ?? (input.kind === "image_url" ? input.url : "");
    const slot = slotOf.get(identity) ?? { key: keys[i], input };
    slotOf.set(identity, slot);
    return slot;
  });
  const distinct = [...slotOf.values()];

  await readTiers(distinct, model.dims, context.tiers);
  await context.admitted;
  // While we looked farther away, another request may have brought what we lack.
  await readTiers(distinct, model.dims, context.tiers.slice(0, 1));
  const cached = slots.filter((slot) => slot.outcome).length;

  const missing = distinct.filter((slot) => !slot.outcome);
  const timings = missing.length > 0 ? await infer(model, missing, context) : undefined;
  return {
    outcomes: slots.map((slot) => slot.outcome ?? new ApiError("internal_error")),
    cached,
    timings,
  };
}

/** Asks one tier after the other for what is still missing, and tells the nearer tiers what a farther one had. */
async function readTiers(slots: readonly Slot[], dims: number, tiers: readonly CacheTier[]): Promise<void> {
  for (const [depth, tier] of tiers.entries()) {
    const open = slots.filter((slot): slot is Slot & { key: string } => slot.key !== undefined && !slot.outcome);
    if (open.length === 0) return;
    const found: [string, Embedded][] = [];
    const entries = await tier.getMany(
      open.map((slot) => slot.key),
      dims,
    );
    entries.forEach((entry, i) => {
      const slot = open[i];
      if (!entry || !slot) return;
      slot.outcome = entry;
      found.push([slot.key, entry]);
    });
    if (found.length > 0) await Promise.all(tiers.slice(0, depth).map((nearer) => nearer.setMany(found)));
  }
}

/** Fills the slots from calls already in flight and from one call of our own. */
async function infer(
  model: ServedModel,
  slots: readonly Slot[],
  context: ResolveContext,
  isLastTry = false,
): Promise<Timings | undefined> {
  const waitsFor = (slot: Slot) => (slot.key !== undefined && !isLastTry ? context.inFlight.get(slot.key) : undefined);
  const followed = slots.filter((slot) => waitsFor(slot));
  const led = slots.filter((slot) => !waitsFor(slot));
  const following = Promise.all(
    followed.map(async (slot) => {
      slot.outcome = await withinDeadline(waitsFor(slot), context);
    }),
  );
  const [response] = await Promise.all([led.length > 0 ? callBackend(model, led, context) : undefined, following]);

  const abandoned = followed.filter((slot) => !slot.outcome);
  if (abandoned.length > 0) return infer(model, abandoned, context, true);
  return response?.timings;
}

async function callBackend(
  model: ServedModel,
  slots: readonly Slot[],
  context: ResolveContext,
): Promise<EmbedResponse> {
  const answered = context.backend.call(
    "/internal/v1/embed",
    {
      model: { id: model.id, revision: model.revision },
      lane: context.lane,
      inputs: slots.map((slot) => slot.input),
    },
    soundAnswer(slots.length, model.dims),
    context,
  );
  // A caller that goes away must not take down those who wait for the same bytes.
  context.waitUntil(answered.catch(() => undefined));

  slots.forEach(({ key }, i) => {
    if (key === undefined) return;
    const outcome = answered.then(
      ({ results }) => toOutcome(results[i]),
      () => undefined,
    );
    context.inFlight.set(key, outcome);
    context.waitUntil(
      outcome.finally(() => {
        if (context.inFlight.get(key) === outcome) context.inFlight.delete(key);
      }),
    );
  });

  const response = await answered;
  slots.forEach((slot, i) => {
    slot.outcome = toOutcome(response.results[i]);
  });
  remember(slots, context);
  return response;
}

function remember(slots: readonly Slot[], context: ResolveContext): void {
  const entries = slots.flatMap(({ key, outcome }) =>
    key !== undefined && outcome && !(outcome instanceof ApiError) ? [[key, outcome] as const] : [],
  );
  if (entries.length > 0) context.waitUntil(Promise.all(context.tiers.map((tier) => tier.setMany(entries))));
}

/** A backend of another version, or a broken one: never let a vector of the wrong length or with a NaN into a cache. */
const soundAnswer = (count: number, dims: number) =>
  EmbedResponse.refine(
    ({ results }) =>
      results.length === count &&
      results.every(
        (result) =>
          result.status === "failed" || (result.embedding.byteLength === dims * 4 && allFinite(result.embedding)),
      ),
    "not as many vectors as inputs, or of another length, or not finite",
  );

function allFinite(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.byteLength; at += 4) if (!Number.isFinite(view.getFloat32(at, true))) return false;
  return true;
}

function toOutcome(result: EmbedResult | undefined): Outcome {
  if (!result) return new ApiError("backend_invalid_response");
  if (result.status === "failed") return ApiError.fromDetail(result.error);
  // A copy, so that one cached vector does not keep the whole answer's buffer alive.
  return { bytes: result.embedding.slice(), tokens: result.tokens, truncated: result.truncated };
}

async function withinDeadline(
  outcome: Promise<Outcome | undefined> | undefined,
  { deadline: { signal } }: ResolveContext,
): Promise<Outcome | undefined> {
  if (signal.aborted) return new ApiError("deadline_exceeded");
  const late = new Promise<Outcome>((resolve) => {
    signal.addEventListener("abort", () => resolve(new ApiError("deadline_exceeded")), { once: true });
  });
  return Promise.race([outcome, late]);
}
