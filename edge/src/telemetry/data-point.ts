/**
 * A request as a data point of Workers Analytics Engine. What stands where is its schema, which queries rely on
 * (docs/telemetry.md): add at the end, and change nothing that is there.
 * Source: https://developers.cloudflare.com/analytics/analytics-engine/ (one index of 96 bytes, 20 blobs, 20 doubles)
 */
import type { WorkKind } from "@sightline/shared/limits";
import type { Phase } from "../http/server-timing.ts";
import type { RequestRecord } from "./record.ts";

const PHASES = ["total", "auth", "limit", "cache", "decode", "queue", "inference", "search"] as const satisfies Phase[];
const SOURCES = ["memory", "colo", "redis", "joined", "miss"] as const;
const WORK = ["text", "image", "pair", "search", "write", "read"] as const satisfies WorkKind[];

/** Absent text is empty, an absent number 0. */
export function dataPointOf(record: RequestRecord): AnalyticsEngineDataPoint {
  const { tenant, route, method, code, model, origin, limit, key, request_id, trace_id, ms, cache, work } = record;
  const texts = [route, method, code, model, origin, limit?.refused_by, limit?.by, key, request_id, trace_id];
  return {
    indexes: [tenant ?? ""],
    blobs: texts.map((text) => text ?? ""),
    doubles: [
      record.status,
      ...PHASES.map((phase) => ms?.[phase] ?? 0),
      ...SOURCES.map((source) => cache?.[source] ?? 0),
      ...WORK.map((kind) => work?.[kind] ?? 0),
    ],
  };
}
