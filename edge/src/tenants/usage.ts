/** Work that was done, counted per tenant, day and kind: one Redis hash a month, with the month's total for the quota. */
import { costOf, WORK_KINDS, type Work, type WorkKind } from "@sightline/shared/limits";

export const USAGE_LIFE_SECONDS = 400 * 86_400;

/** `2026-11`, in UTC. */
export const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7);

/** First millisecond of the next month, in UTC. */
export function monthEnd(at: number): number {
  const day = new Date(at);
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1);
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(8, 10);

/** Alternating fields and increments; empty for no work. */
export function usageFields(done: Work, at: number): string[] {
  const cost = costOf(done);
  if (cost === 0) return [];
  const day = dayOf(at);
  const kinds = WORK_KINDS.flatMap((kind) => (done[kind] ? [`${day}/${kind}`, String(done[kind])] : []));
  return ["total", String(cost), `${day}/requests`, "1", `${day}/units`, String(cost), ...kinds];
}

export interface DayUsage {
  /** `2026-11-21`. */
  readonly date: string;
  readonly requests: number;
  readonly units: number;
  readonly work: Readonly<Record<WorkKind, number>>;
}

/** @param fields of one month's hash. @returns the days on which something was done, in order. */
export function daysOf(month: string, fields: Readonly<Record<string, unknown>>): DayUsage[] {
  const days = new Set(Object.keys(fields).flatMap((field) => /^(\d\d)\//.exec(field)?.[1] ?? []));
  return [...days].sort().map((day) => {
    const count = (name: string): number => Number(fields[`${day}/${name}`] ?? 0);
    return {
      date: `${month}-${day}`,
      requests: count("requests"),
      units: count("units"),
      work: Object.fromEntries(WORK_KINDS.map((kind) => [kind, count(kind)])) as Record<WorkKind, number>,
    };
  });
}
