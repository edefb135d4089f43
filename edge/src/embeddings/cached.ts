/** How outcomes lie in the cache tiers: vectors for as long as a tier keeps them, refusals for a short time. */
import { ApiError } from "@sightline/shared/errors";
import type { CacheEntry, CacheTier } from "../cache/tier.ts";
import { decodeEntry, encodeEntry } from "./entry.ts";
import { decodeRefusal, encodeRefusal, isDecidedByTheBytes } from "./refusal.ts";
import type { Outcome, Slot } from "./slots.ts";

export interface CacheContext {
  /** Nearest first. */
  readonly tiers: readonly CacheTier[];
  /** For how long a refused input is remembered; 0 for not at all. */
  readonly refusalSeconds: number;
  readonly now: () => number;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/**
 * Asks some of the tiers, one after the other, for what is still missing, and tells the nearer ones what a farther one had.
 * Never rejects.
 */
export async function readTiers(
  slots: readonly Slot[],
  dims: number,
  asked: readonly CacheTier[],
  context: CacheContext,
): Promise<void> {
  for (const tier of asked) {
    const open = slots.filter((slot): slot is Slot & { key: string } => slot.key !== undefined && !slot.outcome);
    if (open.length === 0) return;
    const values = await tier.getMany(open.map(({ key }) => key));
    const found: CacheEntry[] = [];
    open.forEach((slot, i) => {
      const value = values[i];
      const known = value && decode(value, dims, context.now());
      if (!known) return;
      slot.outcome = known.outcome;
      slot.source = tier.name;
      found.push({ key: slot.key, value, ttlSeconds: known.ttlSeconds });
    });
    store(found, context.tiers.slice(0, context.tiers.indexOf(tier)), context);
  }
}

/** Tells all tiers what the backend has answered, behind the answer to the caller. */
export function remember(slots: readonly Slot[], context: CacheContext): void {
  const entries = slots.flatMap(({ key, outcome }): CacheEntry[] => {
    if (key === undefined || !outcome) return [];
    if (!(outcome instanceof ApiError)) return [{ key, value: encodeEntry(outcome) }];
    const { refusalSeconds: ttlSeconds } = context;
    if (ttlSeconds === 0 || !isDecidedByTheBytes(outcome)) return [];
    return [{ key, value: encodeRefusal(outcome, context.now() + ttlSeconds * 1000), ttlSeconds }];
  });
  store(entries, context.tiers, context);
}

function store(entries: readonly CacheEntry[], tiers: readonly CacheTier[], { waitUntil }: CacheContext): void {
  if (entries.length > 0 && tiers.length > 0) waitUntil(Promise.all(tiers.map((tier) => tier.setMany(entries))));
}

interface Known {
  readonly outcome: Outcome;
  readonly ttlSeconds?: number;
}

function decode(value: Uint8Array, dims: number, now: number): Known | undefined {
  const refusal = decodeRefusal(value, now);
  if (refusal) return { outcome: refusal.error, ttlSeconds: Math.ceil((refusal.until - now) / 1000) };
  const outcome = decodeEntry(value, dims);
  return outcome && { outcome };
}
