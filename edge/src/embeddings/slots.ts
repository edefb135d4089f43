/** The distinct inputs of one request, each with its outcome once that is known and where it came from. */
import type { ParsedInput } from "@sightline/shared/api/input";
import type { ApiError } from "@sightline/shared/errors";
import { TIERS, type TierName } from "../cache/tier.ts";
import type { Embedded } from "./entry.ts";

/** An input that cannot be embedded fails alone. */
export type Outcome = Embedded | ApiError;

/** Equal inputs of one request share a slot. */
export interface Slot {
  /** Undefined for an image URL: its content is not known. */
  readonly key: string | undefined;
  readonly input: ParsedInput;
  outcome?: Outcome | undefined;
  /** The tier that had it. */
  source?: TierName;
}

/** @returns one slot per input, in order. */
export function slotsOf(inputs: readonly ParsedInput[], keys: readonly (string | undefined)[]): Slot[] {
  const known = new Map<string, Slot>();
  return inputs.map((input, i) => {
    const identity = keys[i] ?? (input.kind === "image_url" ? input.url : "");
    const slot = known.get(identity) ?? { key: keys[i], input };
    known.set(identity, slot);
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
