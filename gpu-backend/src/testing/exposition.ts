/**
 * A strict reader of Prometheus' text format: every sample stands under its family's HELP and TYPE, no series occurs twice, and
 * histograms add up. Source: prometheus.io/docs/instrumenting/exposition_formats.
 */

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface Exposition {
  /** Families by name, with their type. */
  readonly types: ReadonlyMap<string, string>;
  /** Of the series of that name that have these labels; 0 if there is none. */
  sum(name: string, labels?: Labels): number;
  has(name: string, labels?: Labels): boolean;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const TYPES = ["counter", "gauge", "histogram", "summary", "untyped"];
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["", "_sum", "_count"],
};
const HELP = new RegExp(`^# HELP (${NAME}) .+$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (\\w+)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.+)\\})? (\\S+)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\n"])*)"(?:,|$)/y;

/** @throws Error that quotes the line at fault. */
export function readExposition(text: string): Exposition {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let family = "";
  for (const line of text.split("\n").filter((part) => part !== "")) {
    const fail = (what: string): never => {
      throw new Error(`${what}: ${line}`);
    };
    if (line.startsWith("# HELP")) {
      family = HELP.exec(line)?.[1] ?? fail("no HELP");
      if (types.has(family)) fail("a family occurs twice");
    } else if (line.startsWith("# TYPE")) {
      const [, name, type = ""] = TYPE.exec(line) ?? fail("no TYPE");
      if (name !== family || !TYPES.includes(type)) fail("a TYPE of another family, or an unknown one");
      types.set(family, type);
    } else {
      const [, name = "", labelText = "", value = ""] = SAMPLE.exec(line) ?? fail("no sample");
      const endings = SUFFIXES[types.get(family) ?? ""] ?? [""];
      if (!endings.some((ending) => name === family + ending)) fail(`not of the family ${family}`);
      const labels = readLabels(labelText) ?? fail("labels that cannot be read");
      const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
      if (seen.has(key)) fail("a series occurs twice");
      seen.add(key);
      samples.push({ name, labels, value: readNumber(value) ?? fail("no number") });
    }
  }
  for (const [name, type] of types) if (type === "histogram") checkHistogram(name, samples);
  const matching = (name: string, labels: Labels) =>
    samples.filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
  return {
    types,
    sum: (name, labels = {}) => matching(name, labels).reduce((sum, { value }) => sum + value, 0),
    has: (name, labels = {}) => matching(name, labels).length > 0,
  };
}

function readLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  let end = 0;
  for (let found = LABEL.exec(text); found; found = LABEL.exec(text)) {
    const [, key = "", value = ""] = found;
    if (key in labels) return undefined;
    labels[key] = value;
    end = LABEL.lastIndex;
  }
  return end === text.length ? labels : undefined;
}

function readNumber(text: string): number | undefined {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  // As Go reads it, in any case: prom-client writes «Nan».
  if (text.toLowerCase() === "nan") return Number.NaN;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Buckets rise to the count, for each set of labels. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const keyOf = ({ le: _, ...labels }: Labels) => JSON.stringify(Object.entries(labels).sort());
  const counts = samples.filter((sample) => sample.name === `${name}_count`);
  for (const { labels, value: count } of counts) {
    const buckets = samples
      .filter((sample) => sample.name === `${name}_bucket` && keyOf(sample.labels) === keyOf(labels))
      .map((sample) => ({ le: readNumber(sample.labels.le ?? "") ?? Number.NaN, value: sample.value }));
    const rising = buckets.every(({ le, value }, i) => {
      const before = buckets[i - 1];
      return before === undefined || (le > before.le && value >= before.value);
    });
    const last = buckets.at(-1);
    if (!rising || last?.le !== Number.POSITIVE_INFINITY || last.value !== count)
      throw new Error(`the buckets of ${name}${JSON.stringify(labels)} do not add up`);
  }
}
