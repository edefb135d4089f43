/**
 * Names of single counts, as they lie in an isolate's memory and in the fields of the Redis hash: `requests|/v1/rank|200`,
 * of a histogram `requestDuration|/v1/rank|le=0.25` (not cumulative) and `requestDuration|/v1/rank|ms`. Labels stand in the
 * catalogue's order. No value holds a `|`: patterns of routes, ids of origins and names of ours have none.
 */
import { BUCKETS, COUNTERS, type CounterId, HISTOGRAMS, type HistogramId, type LabelsOf } from "./metrics.ts";

type Labels = Readonly<Record<string, string | number>>;

const join = (id: string, names: readonly string[], labels: Labels): string =>
  names.reduce((series, name) => `${series}|${labels[name]}`, id);

export const counterSeries = <I extends CounterId>(id: I, labels: LabelsOf<(typeof COUNTERS)[I]>): string =>
  join(id, COUNTERS[id].labels, labels);

/** Where an observation is counted, and where its milliseconds are summed up. */
export function histogramSeries<I extends HistogramId>(
  id: I,
  labels: LabelsOf<(typeof HISTOGRAMS)[I]>,
  ms: number,
): readonly [bucket: string, sum: string] {
  const series = join(id, HISTOGRAMS[id].labels, labels);
  return [`${series}|le=${BUCKETS.find((bound) => ms <= bound * 1000) ?? "+Inf"}`, `${series}|ms`];
}

/** @returns undefined for what this version does not know: another one may have counted it. */
export function parseCounter(
  series: string,
): { readonly id: CounterId; readonly values: readonly string[] } | undefined {
  const [id = "", ...values] = series.split("|");
  return isCounter(id) && values.length === COUNTERS[id].labels.length ? { id, values } : undefined;
}

interface HistogramPart {
  readonly id: HistogramId;
  readonly values: readonly string[];
  /** An upper bound as it is written, or `sum`. */
  readonly part: string;
}

/** @returns undefined for what this version does not know, buckets too. */
export function parseHistogram(series: string): HistogramPart | undefined {
  const [id = "", ...values] = series.split("|");
  const last = values.pop() ?? "";
  if (!isHistogram(id) || values.length !== HISTOGRAMS[id].labels.length) return undefined;
  if (last === "ms") return { id, values, part: "sum" };
  const bound = last.startsWith("le=") ? last.slice(3) : "";
  return BOUNDS.includes(bound) ? { id, values, part: bound } : undefined;
}

/** As they are written in a bucket's label. */
export const BOUNDS: readonly string[] = [...BUCKETS.map(String), "+Inf"];

const isCounter = (id: string): id is CounterId => Object.hasOwn(COUNTERS, id);
const isHistogram = (id: string): id is HistogramId => Object.hasOwn(HISTOGRAMS, id);
