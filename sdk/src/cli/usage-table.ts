/** What was used in a month, as people read it. */
import type { Usage } from "../types.ts";
import { table } from "./output.ts";

export function usageTable({ month, plan, quota, compute_units, days }: Usage): string {
  const rows = days.map(({ date, requests, compute_units: units, work }) => [
    date,
    requests,
    units,
    work.text,
    work.image,
    work.pair,
    work.search,
  ]);
  const header = ["day", "requests", "units", "texts", "images", "pairs", "searches"];
  const total = `${month}, plan ${plan}: ${compute_units} of ${quota.compute_units} compute units`;
  return `${total}\n\n${table(header, rows, "Nothing was used.")}`;
}
