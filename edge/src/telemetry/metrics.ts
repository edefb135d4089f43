/**
 * The edge's metrics: names, labels, what they count. Values of labels come from code and configuration alone (patterns of
 * routes, statuses, ids of origins), so that the number of series has a bound.
 */
import { DURATION_BUCKETS } from "@sightline/shared/duration-buckets";

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export const COUNTERS = {
  requests: {
    name: "sightline_edge_requests_total",
    help: "Requests by route and status.",
    labels: ["route", "status"],
  },
  cacheInputs: {
    name: "sightline_edge_cache_inputs_total",
    help: "Inputs by where they came from: a cache tier, another request in flight (joined), or the backend (miss).",
    labels: ["tier"],
  },
  limited: {
    name: "sightline_edge_limited_total",
    help: "Calls that a limit of their tenant refused.",
    labels: ["by"],
  },
  backendCalls: {
    name: "sightline_edge_backend_calls_total",
    help: "Tries of calls to an origin of the backend, by how they ended.",
    labels: ["origin", "outcome"],
  },
  breakerOpened: {
    name: "sightline_edge_breaker_opened_total",
    help: "How often an isolate's breaker of an origin opened, for a minute each time.",
    labels: ["origin"],
  },
  breakerSkipped: {
    name: "sightline_edge_breaker_skipped_total",
    help: "Calls that left an origin alone, although it was their first choice, because its breaker was open.",
    labels: ["origin"],
  },
} as const satisfies Record<string, Metric>;

export const HISTOGRAMS = {
  requestDuration: {
    name: "sightline_edge_request_duration_seconds",
    help: "Time until the answer began, by route.",
    labels: ["route"],
  },
} as const satisfies Record<string, Metric>;

/** Those of the backend, whose calls may be tried again. Above the last one there is no bound. */
export const BUCKETS = [...DURATION_BUCKETS, 10] as const;

export type CounterId = keyof typeof COUNTERS;
export type HistogramId = keyof typeof HISTOGRAMS;
export type LabelsOf<M extends Metric> = { readonly [L in M["labels"][number]]: string | number };
