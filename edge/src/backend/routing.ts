/**
 * Which revision of a model a tenant gets who names only the model: the preferred one, or that of a canary. The record lies in
 * Redis, so that the operator changes it without deploying; an isolate goes by one that is at most ten seconds old.
 */
import { type Canary, PutRoutingRequest, type RoutingRecord } from "@sightline/shared/api/routing";
import { sha256 } from "@sightline/shared/digest";
import type { TenantId } from "@sightline/shared/ids";
import type { ServedModel } from "@sightline/shared/internal/protocol";
import type { KeyValue } from "../redis.ts";

/** From this age on the record is read anew behind the answers. */
const RENEW_MS = 5000;
/** From this age on it is not used before it has been read anew. */
const MAX_AGE_MS = 10_000;
const REDIS_KEY = "sl:routing";
const NONE: RoutingRecord = { canaries: [] };

interface RoutingContext {
  readonly store: KeyValue;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Lives as long as the isolate. */
export class CanaryRouting {
  #record = NONE;
  #readAt = Number.NEGATIVE_INFINITY;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** As it was ten seconds ago at most; while Redis is away, as it was read last. */
  async current({ store, waitUntil }: RoutingContext): Promise<RoutingRecord> {
    const now = this.#now();
    // Redis is away: not every request is to wait for its timeout.
    if (now - this.#failedAt < RENEW_MS) return this.#record;
    const age = now - this.#readAt;
    if (age >= MAX_AGE_MS) await this.#renew(store);
    else if (age >= RENEW_MS && now - this.#renewedAt >= RENEW_MS) {
      this.#renewedAt = now;
      waitUntil(this.#renew(store));
    }
    return this.#record;
  }

  /** As it is now. @throws if Redis cannot be reached, or holds something else. */
  async read(store: KeyValue): Promise<RoutingRecord> {
    const at = this.#now();
    const text = await store.get(REDIS_KEY);
    return this.#adopt(text === null ? NONE : PutRoutingRequest.parse(JSON.parse(text)), at);
  }

  /** @throws if Redis cannot be reached. */
  async write(store: KeyValue, record: RoutingRecord): Promise<RoutingRecord> {
    const at = this.#now();
    await store.set(REDIS_KEY, JSON.stringify(record));
    return this.#adopt(record, at);
  }

  async #renew(store: KeyValue): Promise<void> {
    try {
      await this.read(store);
    } catch {
      this.#failedAt = this.#now();
    }
  }

  /** @param at when it was asked for: of two answers that cross, the one that was asked for later counts. */
  #adopt(record: RoutingRecord, at: number): RoutingRecord {
    if (at >= this.#readAt) {
      this.#record = record;
      this.#readAt = at;
    }
    return record;
  }
}

/** Canaries of which it was said that nobody serves them: once each time that the record is read. */
const unserved = new WeakSet<Canary>();

/**
 * @param served all revisions of all models of its family.
 * @returns the revision of a canary in which the tenant takes part; the preferred one if there is none, or nobody serves it.
 */
export async function chooseRevision<M extends ServedModel>(
  preferred: M,
  served: readonly M[],
  { canaries }: RoutingRecord,
  tenant: TenantId,
): Promise<M> {
  const canary = canaries.find(({ model }) => model === preferred.id);
  if (!canary || !(await takesPart(tenant, canary))) return preferred;
  const trial = served.find(({ id, revision }) => id === canary.model && revision === canary.revision);
  if (!trial && !unserved.has(canary)) {
    unserved.add(canary);
    const message = "nobody serves the revision of a canary: its tenants get the default one";
    console.warn(JSON.stringify({ level: "warn", message, canary: canary.id, revision: canary.revision }));
  }
  return trial ?? preferred;
}

/** Stable, and monotone in the percentage: who takes part at 10 % does so at 20 %. */
export async function takesPart(tenant: TenantId, { id, percent }: Pick<Canary, "id" | "percent">): Promise<boolean> {
  const digest = await sha256(new TextEncoder().encode(`${id}/${tenant}`));
  const point = new DataView(digest.buffer, digest.byteOffset).getUint32(0) / 2 ** 32;
  return point * 100 < percent;
}
