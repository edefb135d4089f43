/** Runs at most so many pieces of work at a time; a bounded number of others wait in order, by lane, and may leave. */
import { ApiError } from "@sightline/shared/errors";
import type { TenantId } from "@sightline/shared/ids";
import type { Lane } from "@sightline/shared/internal/protocol";

export interface Limits {
  readonly running: number;
  /** In each lane. */
  readonly waiting: number;
  /** What one tenant may have of both, where his work can take long for no fault of ours. */
  readonly perTenant?: { readonly running: number; readonly waiting: number };
  /** Told of each that is turned away because the line is full. */
  readonly onFull?: () => void;
}

/** For whom a piece of work is done. */
export interface Claim {
  readonly tenant: TenantId;
  /** Interactive work goes first; of four places that become free, bulk work gets one. */
  readonly lane: Lane;
  readonly signal: AbortSignal;
}

export type Limiter = <T>(claim: Claim, work: () => Promise<T>) => Promise<T>;

interface Waiting {
  readonly tenant: TenantId;
  readonly begin: () => void;
}

const BULK_TURN = 4;
const UNLIMITED = { running: Number.POSITIVE_INFINITY, waiting: Number.POSITIVE_INFINITY };

/** @returns a limiter that throws ApiError(overloaded) when the line is full, and the signal's reason to who leaves it. */
export function limitConcurrency({
  running: limit,
  waiting: maxWaiting,
  perTenant = UNLIMITED,
  onFull,
}: Limits): Limiter {
  let running = 0;
  let handedOn = 0;
  const runningOf = new Map<TenantId, number>();
  const lines = { interactive: new Set<Waiting>(), bulk: new Set<Waiting>() };

  const mayRun = (tenant: TenantId) => (runningOf.get(tenant) ?? 0) < perTenant.running;

  function take(tenant: TenantId): void {
    running++;
    runningOf.set(tenant, (runningOf.get(tenant) ?? 0) + 1);
  }

  function giveBack(tenant: TenantId): void {
    running--;
    const left = (runningOf.get(tenant) ?? 0) - 1;
    if (left > 0) runningOf.set(tenant, left);
    else runningOf.delete(tenant);
  }

  function isFull(line: ReadonlySet<Waiting>, tenant: TenantId): boolean {
    if (line.size >= maxWaiting) return true;
    return line.size >= perTenant.waiting && [...line].filter((w) => w.tenant === tenant).length >= perTenant.waiting;
  }

  async function enter({ tenant, lane, signal }: Claim): Promise<void> {
    signal.throwIfAborted();
    // Who waits while a place is free has as many as he may.
    if (running < limit && mayRun(tenant)) {
      take(tenant);
      return;
    }
    const line = lines[lane];
    if (isFull(line, tenant)) {
      onFull?.();
      throw new ApiError("overloaded", { retryAfterSeconds: 1 });
    }
    const turn = Promise.withResolvers<void>();
    const waiting = { tenant, begin: turn.resolve };
    const leave = () => {
      line.delete(waiting);
      turn.reject(signal.reason);
    };
    line.add(waiting);
    signal.addEventListener("abort", leave, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  /** The place is handed on, not given back and raced for. */
  function handOn(): void {
    const { interactive, bulk } = lines;
    for (const line of handedOn % BULK_TURN === BULK_TURN - 1 ? [bulk, interactive] : [interactive, bulk])
      for (const waiting of line) {
        if (!mayRun(waiting.tenant)) continue;
        handedOn++;
        line.delete(waiting);
        take(waiting.tenant);
        waiting.begin();
        return;
      }
  }

  return async (claim, work) => {
    await enter(claim);
    try {
      return await work();
    } finally {
      giveBack(claim.tenant);
      handOn();
    }
  };
}
