/**
 * What the Grafana dashboard shows, from what callers meet down to the process. `npx vitest run --project node dev/src/observability -u`
 * writes deploy/observability/grafana/dashboards/sightline.json and Prometheus' page after a change here; a test holds them equal.
 */
import { type Chart, dashboard, type Query, type Row } from "./grafana.ts";

/** Requests to the API itself: not probes, not the operator's. */
const API = `route=~"/v1/.+"`;
const WINDOW = "[$__rate_interval]";

const rate = (selector: string, by = ""): string => `sum${by && ` by (${by}) `}(rate(${selector}${WINDOW}))`;

/** p50, p95 and p99 of a histogram. */
const quantiles = (histogram: string, labels = "", by = ""): readonly Query[] =>
  [0.5, 0.95, 0.99].map((quantile) => [
    `histogram_quantile(${quantile}, ${rate(`${histogram}_bucket${labels && `{${labels}}`}`, by ? `${by}, le` : "le")})`,
    `p${quantile * 100}${by && ` {{${by}}}`}`,
  ]);

/** One quantile of each of several. */
const p95 = (histogram: string, by: readonly string[]): Query => [
  `histogram_quantile(0.95, ${rate(`${histogram}_bucket`, [...by, "le"].join(", "))})`,
  by.map((label) => `{{${label}}}`).join(" "),
];

const mean = (histogram: string, by: string): string =>
  `${rate(`${histogram}_sum`, by)} / ${rate(`${histogram}_count`, by)}`;

const lines = (title: string, unit: string, queries: readonly Query[], more: Partial<Chart> = {}): Chart => ({
  kind: "lines",
  title,
  unit,
  queries,
  ...more,
});

const stacked = (title: string, unit: string, queries: readonly Query[], more: Partial<Chart> = {}): Chart => ({
  ...lines(title, unit, queries, more),
  kind: "stacked",
});

const number = (title: string, unit: string, query: string, more: Partial<Chart> = {}): Chart => ({
  ...lines(title, unit, [[query, ""]], { width: 6, ...more }),
  kind: "number",
});

const SERVICE_LEVEL: Row = {
  title: "Service level: 99.9 % of the calls in 30 days",
  charts: [
    number(
      "Budget of failures left",
      "percentunit",
      "1 - sum_over_time(sightline:edge_errors:rate5m[30d]) / sum_over_time(sightline:edge_requests:rate5m[30d]) / 0.001",
      {
        redBelow: 0.25,
        description: "Of the last 30 days, or as long as Prometheus remembers. Below 0: the objective is missed.",
      },
    ),
    number("Alerts that fire", "short", `count(ALERTS{alertstate="firing", alertname=~"Sightline.+"}) or vector(0)`, {
      redFrom: 1,
    }),
    number("Replicas ready", "short", "sum(sightline_ready) or vector(0)", { redBelow: 1 }),
    number("Calls a second", "reqps", `sum(rate(sightline_edge_requests_total{${API}}[5m]))`),
    lines(
      "Burn rate of the budget",
      "short",
      ["1h", "6h", "3d"].map((window) => [`sightline:edge_errors:ratio_rate${window} / 0.001`, window]),
      { width: 24, description: "1: the budget lasts 30 days. 14.4 over an hour, or 6 over six, wakes somebody." },
    ),
  ],
};

const EDGE: Row = {
  title: "Edge: what callers meet",
  charts: [
    stacked("Calls by route", "reqps", [[rate(`sightline_edge_requests_total{${API}}`, "route"), "{{route}}"]]),
    stacked("Calls by status", "reqps", [[rate(`sightline_edge_requests_total{${API}}`, "status"), "{{status}}"]]),
    lines(
      "Share of failed calls",
      "percentunit",
      [
        [
          `(${rate(`sightline_edge_requests_total{${API}, status=~"5.."}`)} or vector(0)) / ${rate(`sightline_edge_requests_total{${API}}`)}`,
          "5xx",
        ],
      ],
      { redFrom: 0.1 },
    ),
    lines("Duration", "s", quantiles("sightline_edge_request_duration_seconds", API), { redFrom: 5 }),
    lines("Duration by route, p95", "s", [
      [
        `histogram_quantile(0.95, ${rate(`sightline_edge_request_duration_seconds_bucket{${API}}`, "route, le")})`,
        "{{route}}",
      ],
    ]),
    stacked("Refused by limits", "reqps", [[rate("sightline_edge_limited_total", "by"), "{{by}}"]]),
  ],
};

const CACHE: Row = {
  title: "Cache",
  charts: [
    stacked(
      "Inputs by where they came from",
      "cps",
      [[rate("sightline_edge_cache_inputs_total", "tier"), "{{tier}}"]],
      {
        width: 12,
        description: "joined: waited for the same input of another call; miss: asked of the backend.",
      },
    ),
    lines(
      "Hit ratio",
      "percentunit",
      [
        [
          `${rate(`sightline_edge_cache_inputs_total{tier=~"memory|colo|redis"}`)} / ${rate("sightline_edge_cache_inputs_total")}`,
          "now",
        ],
        ["avg_over_time(sightline:edge_cache_hits:ratio_rate30m[1d] offset 30m)", "the day before"],
      ],
      { width: 12, max: 1 },
    ),
  ],
};

const ORIGINS: Row = {
  title: "Edge to backend",
  charts: [
    stacked("Calls by outcome", "reqps", [
      [rate("sightline_edge_backend_calls_total", "origin, outcome"), "{{origin}} {{outcome}}"],
    ]),
    lines("Breakers opened", "short", [
      [`sum by (origin) (increase(sightline_edge_breaker_opened_total${WINDOW}))`, "{{origin}}"],
    ]),
    lines("Calls that left an origin alone", "reqps", [
      [rate("sightline_edge_breaker_skipped_total", "origin"), "{{origin}}"],
    ]),
  ],
};

const BACKEND: Row = {
  title: "Backend",
  charts: [
    stacked("Calls by route", "reqps", [[rate("sightline_http_requests_total", "route"), "{{route}}"]]),
    stacked("Calls by status", "reqps", [[rate("sightline_http_requests_total", "status"), "{{status}}"]]),
    lines("Duration by route, p95", "s", [p95("sightline_http_request_duration_seconds", ["route"])]),
    stacked("Inputs", "cps", [
      [rate("sightline_inputs_total", "model, kind, outcome"), "{{model}} {{kind}} {{outcome}}"],
    ]),
    stacked(
      "Work refused or given up",
      "cps",
      [
        [rate("sightline_shed_total", "reason"), "{{reason}}"],
        [rate("sightline_cancelled_total"), "caller went away"],
      ],
      { description: "Refused for want of capacity. More than 5 % for 2 min is an alert." },
    ),
    lines("Calls in progress", "short", [["sightline_http_requests_in_flight", "{{instance}}"]]),
  ],
};

const QUEUE: Row = {
  title: "Queue and batches",
  charts: [
    lines("Entries that wait", "short", [["sightline_queue_depth", "{{instance}}"]], {
      description: "Over all models and lanes of a replica: what replicas are scaled by.",
    }),
    lines(
      "Fullest queue",
      "percentunit",
      [
        [
          "max by (model, graph, lane) (sightline_queue_entries / sightline_queue_capacity)",
          "{{model}} {{graph}} {{lane}}",
        ],
      ],
      { redFrom: 0.8, max: 1 },
    ),
    lines("Wait before inference, p95", "s", [p95("sightline_queue_wait_seconds", ["model", "graph"])]),
    lines("Batch size, mean", "short", [[mean("sightline_batch_size", "model, graph"), "{{model}} {{graph}}"]], {
      description: "Near 1: the engine keeps up. Near its largest: work gathers while it is busy.",
    }),
    lines("Decoding of one picture", "s", quantiles("sightline_decode_duration_seconds")),
    lines("Texts cut off at the model's context", "cps", [
      [rate("sightline_texts_truncated_total", "model"), "{{model}}"],
    ]),
  ],
};

const INFERENCE: Row = {
  title: "Inference",
  charts: [
    lines("One batch, p95", "s", [p95("sightline_inference_duration_seconds", ["model", "graph", "provider"])], {
      redFrom: 1,
    }),
    lines(
      "Share of the time that a session is busy",
      "percentunit",
      [
        [
          `sum by (instance, model, graph) (rate(sightline_inference_duration_seconds_sum${WINDOW}))`,
          "{{instance}} {{model}} {{graph}}",
        ],
      ],
      { max: 1, description: "At 1 it can do no more: add replicas." },
    ),
    stacked("Batches", "cps", [
      [
        rate("sightline_inference_duration_seconds_count", "model, graph, provider"),
        "{{model}} {{graph}} {{provider}}",
      ],
    ]),
    lines("Failed batches", "cps", [
      [rate("sightline_inference_failures_total", "model, graph"), "{{model}} {{graph}}"],
    ]),
    lines("Sessions replaced", "short", [[`increase(sightline_session_restarts_total${WINDOW})`, "{{instance}}"]]),
    lines(
      "GPU memory",
      "percentunit",
      [["sightline_gpu_memory_used_bytes / sightline_gpu_memory_total_bytes", "{{instance}} {{device}}"]],
      { max: 1 },
    ),
  ],
};

const STORE: Row = {
  title: "Vector store",
  charts: [
    stacked(
      "Calls",
      "cps",
      [[rate("sightline_store_duration_seconds_count", "operation, outcome"), "{{operation}} {{outcome}}"]],
      {
        width: 12,
      },
    ),
    lines("Duration, p95", "s", [p95("sightline_store_duration_seconds", ["operation"])], { width: 12 }),
  ],
};

const MODELS: Row = {
  title: "Models and process",
  charts: [
    lines("Models served", "short", [
      ["count by (model, family, provider) (sightline_model_loaded)", "{{model}} {{family}} {{provider}}"],
    ]),
    lines("Loads", "short", [
      [`sum by (model, outcome) (increase(sightline_model_loads_total${WINDOW}))`, "{{model}} {{outcome}}"],
    ]),
    lines("Last load took", "s", [["sightline_model_load_duration_seconds", "{{instance}} {{model}}"]]),
    lines("Resident memory", "bytes", [[`process_resident_memory_bytes{job="sightline-backend"}`, "{{instance}}"]]),
    lines("CPUs in use", "short", [
      [`rate(process_cpu_seconds_total{job="sightline-backend"}${WINDOW})`, "{{instance}}"],
    ]),
    lines(
      "Event loop's delay, p99",
      "s",
      [[`nodejs_eventloop_lag_p99_seconds{job="sightline-backend"}`, "{{instance}}"]],
      {
        description: "Decoding, tokenising and answering share this thread: above 0.1 s everybody waits.",
        redFrom: 0.1,
      },
    ),
    lines("Versions", "short", [
      [
        "count by (version, node, onnxruntime) (sightline_build_info)",
        "{{version}} Node {{node}} ONNX Runtime {{onnxruntime}}",
      ],
    ]),
  ],
};

export const rows: readonly Row[] = [
  SERVICE_LEVEL,
  EDGE,
  CACHE,
  ORIGINS,
  BACKEND,
  QUEUE,
  INFERENCE,
  STORE,
  { ...MODELS, folded: true },
];

export const sightlineDashboard = dashboard(
  {
    uid: "sightline",
    title: "Sightline",
    description: "From what callers meet down to the process. Alerts: docs/operations/alerts.md.",
  },
  rows,
);
