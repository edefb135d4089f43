/**
 * A cache tier keeps opaque bytes under content-addressed keys: what lies under a key never changes, so a tier needs no
 * invalidation, and any of them may forget at any time.
 */
export const TIERS = ["memory", "colo", "redis"] as const;
export type TierName = (typeof TIERS)[number];

export interface CacheEntry {
  readonly key: string;
  /** Nobody changes it once it is here: it may be handed to many. */
  readonly value: Uint8Array;
  /** How long it is worth keeping, where that is shorter than the tier's own time. Whole seconds, at least 1. */
  readonly ttlSeconds?: number | undefined;
}

/** A tier that fails is one that has nothing: neither method throws or rejects. */
export interface CacheTier {
  readonly name: TierName;
  /** @returns one value per key, undefined where the tier has none. */
  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  setMany(entries: readonly CacheEntry[]): Promise<void>;
}

/** For how long a tier keeps an entry. */
export const keptSeconds = ({ ttlSeconds }: CacheEntry, tierSeconds: number): number =>
  Math.min(ttlSeconds ?? tierSeconds, tierSeconds);
