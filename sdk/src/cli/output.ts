/** What commands print: JSON for programs, tables for people. */

type Cell = string | number;

/** @returns the rows with their columns lined up, numbers to the right; a line about nothing where there are none. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[], none: string): string {
  if (rows.length === 0) return none;
  const cells = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const isNumber = header.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  const pad = (text: string, column: number) =>
    isNumber[column] ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return cells.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** Metadata in one line, cut where it gets long. */
export function brief(value: unknown, most = 80): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

export const score = (value: number): string => value.toFixed(4);

/** A line on stderr, over a progress bar where one is drawn: it is drawn again below. */
export function note(line: string): void {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  console.error(line);
}

/** Fields of one thing, a line each. */
export const fields = (record: Readonly<Record<string, Cell>>): string => {
  const width = Math.max(...Object.keys(record).map((field) => field.length));
  return Object.entries(record)
    .map(([field, value]) => `${field.padEnd(width)}  ${value}`)
    .join("\n");
};
