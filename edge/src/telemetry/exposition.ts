/**
 * Counts as Prometheus reads them: its text format, version 0.0.4.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import { COUNTERS, HISTOGRAMS } from "./metrics.ts";
import { BOUNDS, parseCounter, parseHistogram } from "./series.ts";

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** @param counts by series; what is not known, or no number, is left out. @returns every metric, those without series too. */
export function exposition(counts: Readonly<Record<string, string>>): string {
  const known = Object.entries(counts)
    .map(([series, count]) => ({ series, count: Number(count) }))
    .filter(({ count }) => Number.isFinite(count))
    .sort((a, b) => (a.series < b.series ? -1 : 1));
  const counters = Object.entries(COUNTERS).flatMap(([id, metric]) => [
    ...head(metric, "counter"),
    ...known.flatMap(({ series, count }) => {
      const parsed = parseCounter(series);
      return parsed?.id === id ? [sample(metric.name, labelled(metric.labels, parsed.values), count)] : [];
    }),
  ]);
  const histograms = Object.entries(HISTOGRAMS).flatMap(([id, metric]) => {
    const byLabels = new Map<string, { readonly labels: Labels; readonly parts: Map<string, number> }>();
    for (const { series, count } of known) {
      const parsed = parseHistogram(series);
      if (parsed?.id !== id) continue;
      const key = parsed.values.join("|");
      const one = byLabels.get(key) ?? { labels: labelled(metric.labels, parsed.values), parts: new Map() };
      one.parts.set(parsed.part, count);
      byLabels.set(key, one);
    }
    const samples = [...byLabels.values()].flatMap(({ labels, parts }) => histogram(metric.name, labels, parts));
    return [...head(metric, "histogram"), ...samples];
  });
  return [...counters, ...histograms, ""].join("\n");
}

type Labels = readonly (readonly [name: string, value: string])[];

const labelled = (names: readonly string[], values: readonly string[]): Labels =>
  names.map((name, i) => [name, values[i] ?? ""] as const);

const head = ({ name, help }: { readonly name: string; readonly help: string }, type: string): string[] => [
  `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
  `# TYPE ${name} ${type}`,
];

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const sample = (name: string, labels: Labels, value: number): string =>
  `${name}{${labels.map(([label, text]) => `${label}="${escaped(text)}"`).join(",")}} ${value}`;

/** @param parts counts by the bound of their bucket, and `sum` in milliseconds. */
function histogram(name: string, labels: Labels, parts: ReadonlyMap<string, number>): string[] {
  let cumulative = 0;
  const buckets = BOUNDS.map((bound) => {
    cumulative += parts.get(bound) ?? 0;
    return sample(`${name}_bucket`, [...labels, ["le", bound]], cumulative);
  });
  const seconds = (parts.get("sum") ?? 0) / 1000;
  return [...buckets, sample(`${name}_sum`, labels, seconds), sample(`${name}_count`, labels, cumulative)];
}
