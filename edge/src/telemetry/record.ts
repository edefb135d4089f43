/**
 * What is told of a request once it is over: the one source of its log line, its data point, its counts and its span. What
 * callers send stays out of it: no key, no text, no picture, no name of an item; a path only as its route's pattern.
 */
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import { modelRevisionKey, type RequestId, type TenantId } from "@sightline/shared/ids";
import type { Work } from "@sightline/shared/limits";
import type { PublicKeyId } from "@sightline/shared/tenants";
import type { Context } from "hono";
import { routePath } from "hono/route";
import type { App } from "../context.ts";
import type { SourceCounts } from "../embeddings/slots.ts";
import type { Phase } from "../http/server-timing.ts";
import type { LimitName } from "../tenants/limiter.ts";

/** Field names are those of the log line, and the backend's. Absent is what a request did not come to. */
export interface RequestRecord {
  readonly request_id: RequestId | undefined;
  readonly trace_id: string | undefined;
  readonly method: string;
  /** A pattern, for example `/v1/collections/:name/items`. */
  readonly route: string;
  readonly status: number;
  readonly code: ErrorCode | undefined;
  readonly tenant: TenantId | undefined;
  readonly key: PublicKeyId | undefined;
  readonly model: string | undefined;
  /** Of the backend, that was asked last. */
  readonly origin: string | undefined;
  /** What was let through, in the units of its cost. */
  readonly work: Work | undefined;
  readonly cache: SourceCounts | undefined;
  readonly limit: { readonly refused_by: LimitName | undefined; readonly by: "redis" | "isolate" } | undefined;
  readonly ms: Readonly<Partial<Record<Phase, number>>> | undefined;
}

export function recordOf(c: Context<App>): RequestRecord {
  const { requestId, trace, origin, identity, model, call, cache, decision, timing } = c.var;
  return {
    request_id: requestId,
    trace_id: trace?.traceId,
    method: c.req.method,
    route: routePath(c, -1),
    status: c.res.status,
    code: codeOf(c),
    tenant: identity?.tenant,
    key: identity?.publicId,
    model: model && modelRevisionKey(model),
    origin,
    work: call?.work,
    cache,
    limit: decision && { refused_by: decision.refusedBy, by: decision.quota ? "redis" : "isolate" },
    ms: timing?.spent(),
  };
}

function codeOf(c: Context<App>): ErrorCode | undefined {
  if (c.error) return c.error instanceof ApiError ? c.error.code : "internal_error";
  return c.res.status === 404 ? "not_found" : undefined;
}
