/** What a request adds to the counts when it is over. */
import type { Counts } from "./counts.ts";
import type { RequestRecord } from "./record.ts";

export function countRequest(counts: Counts, { route, status, ms, cache, limit }: RequestRecord): void {
  counts.count("requests", { route, status });
  if (ms?.total !== undefined) counts.observe("requestDuration", { route }, ms.total);
  for (const [tier, inputs] of Object.entries(cache ?? {})) counts.count("cacheInputs", { tier }, inputs);
  if (limit?.refused_by) counts.count("limited", { by: limit.refused_by });
}
