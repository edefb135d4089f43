/** Origins as an isolate has come to know them: who is left alone, who serves what, and so who is asked next. */
import { ApiError } from "@sightline/shared/errors";
import { type ModelRevision, modelRevisionKey } from "@sightline/shared/ids";
import { FAULTS, type FailedTry } from "./attempt.ts";
import type { Breaker, Report } from "./breaker.ts";
import type { Origin } from "./origins.ts";

export interface Target extends Origin {
  readonly breaker: Breaker;
  /** The revisions that it has listed last, up to a minute ago. */
  serves?: ReadonlySet<string>;
}

export interface Admitted {
  readonly target: Target;
  readonly report: Report;
  /** This call has asked this origin before. */
  readonly isRepeat: boolean;
}

/** Revisions arrive at one origin after the other: who is not known to have this one is asked last. */
export function servingFirst(order: readonly Target[], revision: ModelRevision): readonly Target[] {
  const key = modelRevisionKey(revision);
  const serves = (target: Target): boolean => target.serves?.has(key) ?? true;
  return [...order.filter(serves), ...order.filter((target) => !serves(target))];
}

/** Who could be asked now, best first. Who has been asked comes last, and only if asking again may help. */
export function candidates(
  order: readonly Target[],
  tried: ReadonlySet<Target>,
  failed?: FailedTry,
): readonly Target[] {
  const again = failed && FAULTS[failed.fault].again;
  if (again === "nowhere") return [];
  const closed = order.filter(({ breaker }) => breaker.waitMs === 0);
  const fresh = closed.filter((target) => !tried.has(target));
  return again === "anywhere" ? [...fresh, ...closed.filter((target) => tried.has(target))] : fresh;
}

/** Who would be asked before the first candidate, were it not left alone. */
export function passedOver(order: readonly Target[]): readonly Target[] {
  const first = order.findIndex(({ breaker }) => breaker.waitMs === 0);
  return first === -1 ? order : order.slice(0, first);
}

/** Lets a call through to the first candidate whose breaker agrees. */
export function admit(order: readonly Target[], tried: ReadonlySet<Target>, failed?: FailedTry): Admitted | undefined {
  for (const target of candidates(order, tried, failed)) {
    const report = target.breaker.admit();
    if (report) return { target, report, isRepeat: tried.has(target) };
  }
  return undefined;
}

/** Nobody is asked: the caller hears when the next one will be. */
export function leftAlone(order: readonly Target[]): ApiError {
  const waitMs = Math.min(...order.map(({ breaker }) => breaker.askAgainMs));
  return new ApiError("backend_unavailable", { retryAfterSeconds: Math.max(1, waitMs / 1000) });
}
