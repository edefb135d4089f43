/** A request's own span: its name and attributes by OpenTelemetry's conventions for HTTP, and those of ours. */
import type { RequestRecord } from "../telemetry/record.ts";
import type { Attributes } from "./span.ts";
import type { Trace } from "./trace.ts";

/** Of methods that are none: a name may not be one that a caller has made up. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export function endRequestSpan(trace: Trace, record: RequestRecord): void {
  const { route, status, code, cache = {} } = record;
  const method = METHODS.has(record.method) ? record.method : "_OTHER";
  const attributes: Attributes = {
    "http.request.method": method,
    "http.route": route,
    "http.response.status_code": status,
    "url.scheme": "https",
    "sightline.request_id": record.request_id,
    "sightline.tenant": record.tenant,
    "sightline.key": record.key,
    "sightline.model": record.model,
    "sightline.code": code,
    "sightline.refused_by": record.limit?.refused_by,
    ...Object.fromEntries(Object.entries(cache).map(([source, inputs]) => [`sightline.cache.${source}`, inputs])),
  };
  trace.end(`${method} ${route}`, attributes, status >= 500 ? (code ?? String(status)) : undefined);
}
