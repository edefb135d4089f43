/** The distinct inputs of one request, each with its outcome once that is known and where it came from. */
import type { ApiError } from "@sightline/shared/errors";
import { TIERS, type TierName } from "../cache/tier.ts";
import type { Embedded } from "./entry.ts";
import type { Identity } from "./task.ts";

/** An input that cannot be answered fails alone. */
export type Outcome = Embedded | ApiError;

/** Equal inputs of one request share a slot. */
export interface Slot<Input = unknown> {
  /** Undefined for an image URL: its content is not known. */
  readonly key: string | undefined;
  readonly input: Input;
  outcome?: Outcome | undefined;
  /** The tier that had it. */
  source?: TierName;
}

/** @param keyOf of an identity's cache entry, if it has one. @returns one slot per input, in order. */
export function slotsOf<Input>(
  inputs: readonly Input[],
  identities: readonly Identity[],
  keyOf: (identity: Identity) => string | undefined,
): Slot<Input>[] {
  const known = new Map<string, Slot<Input>>();
  return identities.map((identity, i) => {
    const slot = known.get(identity.name) ?? { key: keyOf(identity), input: inputs[i] as Input };
    known.set(identity.name, slot);
    return slot;
  });
}

/** How many inputs came from which tier, were waited for beside another request, or had to be computed. */
export type SourceCounts = Readonly<Record<TierName | "joined" | "miss", number>>;

/** Counts inputs, not slots: an input that is there twice counts twice. */
export function countSources(slots: readonly Slot[], isInFlight: (key: string) => boolean): SourceCounts {
  const counts = { memory: 0, colo: 0, redis: 0, joined: 0, miss: 0 };
  for (const { key, source } of slots) counts[source ?? (key !== undefined && isInFlight(key) ? "joined" : "miss")]++;
  return counts;
}

export const cachedIn = (counts: SourceCounts): number => TIERS.reduce((sum, tier) => sum + counts[tier], 0);

export const added = (a: SourceCounts, b: SourceCounts): SourceCounts => ({
  memory: a.memory + b.memory,
  colo: a.colo + b.colo,
  redis: a.redis + b.redis,
  joined: a.joined + b.joined,
  miss: a.miss + b.miss,
});
