/** What a benchmark found, as a table for people and as JSON for machines. */
import type { Machine } from "./machine.ts";

export interface Finding {
  readonly what: string;
  readonly unit:
    | "images/s"
    | "texts/s"
    | "pairs/s"
    | "requests/s"
    | "requests/CPU s"
    | "vectors/s"
    | "s"
    | "ms"
    | "MB"
    | "share";
  readonly value: number;
  /** What it is measured against, in the same run and on the same inputs. */
  readonly against: {
    readonly kind: "ceiling" | "peer" | "self";
    readonly what: string;
    readonly value: number;
  };
  readonly ratio: number;
  /** The ratio should be this or more. */
  readonly goal?: number;
  /** Or this or less, where less is better. */
  readonly atMost?: number;
  /** What a reader needs to judge the ratio. */
  readonly notes: readonly string[];
}

export interface Report {
  readonly at: string;
  readonly machine: Machine;
  readonly findings: readonly Finding[];
  /** Benchmarks that could not run, and why. */
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
}

const HEADER = ["measured", "", "against", "", "", "ratio", "goal"] as const;

export function renderReport({ machine, findings, failures }: Report): string {
  const table = findings.map(({ what, unit, value, against, ratio, goal, atMost }) => [
    what,
    `${show(value)} ${unit}`,
    against.kind,
    against.what,
    `${show(against.value)} ${unit}`,
    ratio.toFixed(2),
    verdict(ratio, goal, atMost),
  ]);
  return [
    `${machine.cores} cores (${machine.processor}), Node ${machine.node}, onnxruntime ${machine.onnxruntime}, load ${machine.load.toFixed(1)} at the start`,
    "",
    ...columns([HEADER, ...table]),
    "",
    ...findings.flatMap(({ what, notes }) => [`${what}:`, ...notes.map((note) => `  ${note}`), ""]),
    ...failures.map(({ name, reason }) => `${name} was not measured: ${reason}`),
  ]
    .join("\n")
    .trimEnd();
}

function verdict(ratio: number, goal: number | undefined, atMost: number | undefined): string {
  if (goal !== undefined) return `≥ ${goal.toFixed(2)} ${ratio >= goal ? "met" : "missed"}`;
  if (atMost !== undefined) return `≤ ${atMost.toFixed(2)} ${ratio <= atMost ? "met" : "missed"}`;
  return "–";
}

/** Three digits that mean something. */
const show = (value: number): string => value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);

/** @returns the rows with their cells padded to their column's widest. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
