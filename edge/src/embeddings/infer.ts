/**
 * What no cache has: waits for calls that other requests of this isolate have in flight, and makes one call of its own for
 * the rest.
 */
import { ApiError } from "@sightline/shared/errors";
import type { Timings } from "@sightline/shared/internal/protocol";
import { type CacheContext, remember } from "./cached.ts";
import type { Outcome, Slot } from "./slots.ts";
import type { AskContext, Asked, Task } from "./task.ts";

/**
 * What other requests of this isolate are waiting for at the moment, by cache key. Resolves to undefined when it is not
 * the input's fault that there is no answer: that request's deadline, and its place in the queue, were not ours.
 */
export type InFlight = Map<string, Promise<Outcome | undefined>>;

export interface InferContext extends AskContext, CacheContext {
  readonly inFlight: InFlight;
}

/**
 * Fills the slots from calls already in flight and from one call of our own.
 *
 * @returns the timings of that call, if there was one.
 * @throws ApiError if it failed as a whole; errors of single inputs are outcomes.
 */
export async function infer<Input>(
  task: Task<Input>,
  slots: readonly Slot<Input>[],
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
  const [response] = await Promise.all([led.length > 0 ? callBackend(task, led, context) : undefined, following]);

  const abandoned = followed.filter((slot) => !slot.outcome);
  if (abandoned.length > 0) return infer(task, abandoned, context, true);
  return response?.timings;
}

async function callBackend<Input>(
  task: Task<Input>,
  slots: readonly Slot<Input>[],
  context: InferContext,
): Promise<Asked> {
  const answered = task.ask(
    slots.map((slot) => slot.input),
    context,
  );
  // A caller that goes away must not take down those who wait for the same bytes.
  context.waitUntil(answered.catch(() => undefined));

  slots.forEach(({ key }, i) => {
    if (key === undefined) return;
    const outcome = answered.then(
      ({ outcomes }) => (isOurFault(outcomes[i]) ? undefined : outcomes[i]),
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
    slot.outcome = response.outcomes[i];
  });
  remember(slots, context);
  return response;
}

const isOurFault = (outcome: Outcome | undefined): boolean => outcome instanceof ApiError && outcome.status >= 500;

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
