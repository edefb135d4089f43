/**
 * What no cache has: waits for calls that other requests of this isolate have in flight, and makes one call of its own for
 * the rest.
 */
import { ApiError } from "@sightline/shared/errors";
import {
  EmbedResponse,
  type EmbedResult,
  type Lane,
  type ServedModel,
  type Timings,
} from "@sightline/shared/internal/protocol";
import type { BackendClient, CallContext } from "../backend/client.ts";
import { type CacheContext, remember } from "./cached.ts";
import { isSound } from "./entry.ts";
import type { Outcome, Slot } from "./slots.ts";

/**
 * What other requests of this isolate are waiting for at the moment, by cache key. Resolves to undefined when that
 * request's call failed as a whole: its deadline was not ours.
 */
export type InFlight = Map<string, Promise<Outcome | undefined>>;

export interface InferContext extends CallContext, CacheContext {
  readonly backend: BackendClient;
  readonly inFlight: InFlight;
  readonly lane: Lane;
}

/**
 * Fills the slots from calls already in flight and from one call of our own.
 *
 * @returns the timings of that call, if there was one.
 * @throws ApiError if it failed as a whole; errors of single inputs are outcomes.
 */
export async function infer(
  model: ServedModel,
  slots: readonly Slot[],
  context: InferContext,
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

async function callBackend(model: ServedModel, slots: readonly Slot[], context: InferContext): Promise<EmbedResponse> {
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

/** A backend of another version, or a broken one: never let a vector of the wrong length or with a NaN into a cache. */
const soundAnswer = (count: number, dims: number) =>
  EmbedResponse.refine(
    ({ results }) =>
      results.length === count &&
      results.every((result) => result.status === "failed" || isSound(result.embedding, dims)),
    "not as many vectors as inputs, or of another length, or not finite",
  );

function toOutcome(result: EmbedResult | undefined): Outcome {
  if (!result) return new ApiError("backend_invalid_response");
  if (result.status === "failed") return ApiError.fromDetail(result.error);
  // A copy, so that one cached vector does not keep the whole answer's buffer alive.
  return { bytes: result.embedding.slice(), tokens: result.tokens, truncated: result.truncated };
}

async function withinDeadline(
  outcome: Promise<Outcome | undefined> | undefined,
  { deadline: { signal } }: InferContext,
): Promise<Outcome | undefined> {
  if (signal.aborted) return new ApiError("deadline_exceeded");
  const late = new Promise<Outcome>((resolve) => {
    signal.addEventListener("abort", () => resolve(new ApiError("deadline_exceeded")), { once: true });
  });
  return Promise.race([outcome, late]);
}
