/** One signed call to one origin: MessagePack body, short-lived token bound to it, deadline, trace, parsed answer. */
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import type { RequestId, TenantId } from "@sightline/shared/ids";
import { DEADLINE_HEADER, InternalError, MSGPACK, unpack } from "@sightline/shared/internal/protocol";
import type { z } from "zod";
import type { Deadline } from "../deadline.ts";
import type { Trace } from "../tracing/trace.ts";
import type { Verdict } from "./breaker.ts";
import { DECLINED } from "./calls.ts";
import type { Origin } from "./origins.ts";
import type { Region } from "./regions.ts";

export interface CallContext {
  readonly tenant: TenantId;
  readonly requestId: RequestId;
  readonly deadline: Deadline;
  readonly trace: Trace;
  /** Where the caller is, if the platform says so. */
  readonly region: Region | undefined;
  /** Told which origin is asked, for the log of the request. */
  readonly onOrigin?: (id: string) => void;
}

/** The same for every origin that is asked. */
export interface SignedCall {
  readonly path: string;
  readonly body: Uint8Array;
  readonly token: string;
}

/**
 * Why a try failed: what that says about the origin, and where another try could do better.
 *
 * - `late`: no answer, but in less time than a healthy origin may need: the deadline was short.
 * - `refused`: our signature, path or size. The origin lives; another one may have another secret or version.
 * - `answered`: an error that is about the request itself.
 */
export const FAULTS = {
  unreachable: { verdict: "failed", again: "anywhere" },
  garbage: { verdict: "failed", again: "anywhere" },
  silent: { verdict: "failed", again: "elsewhere" },
  late: { verdict: "unknown", again: "elsewhere" },
  declined: { verdict: "alive", again: "elsewhere" },
  refused: { verdict: "alive", again: "elsewhere" },
  answered: { verdict: "alive", again: "nowhere" },
} as const satisfies Record<string, { verdict: Verdict; again: "anywhere" | "elsewhere" | "nowhere" }>;
export type Fault = keyof typeof FAULTS;

export class FailedTry extends Error {
  readonly fault: Fault;
  /** What the caller is answered if nobody does better. */
  readonly error: ApiError;

  constructor(fault: Fault, error: ApiError) {
    super(fault, { cause: error.cause });
    this.fault = fault;
    this.error = error;
  }
}

/** A healthy origin answers within this time, or says that it cannot. */
export const TRY_MS = 15_000;
/** Until the backend says better, a caller waits this long before the next try. */
const RETRY_AFTER_SECONDS = 5;
/** How much earlier than ours the origin's deadline is: so that one that lives says itself that it is late. */
const HEAD_START = { share: 0.1, atMostMs: 250 };
/** What the backend refuses about our call itself is our fault (a secret, a clock, a version), never the caller's. */
const OURS: ReadonlySet<ErrorCode> = new Set(["invalid_api_key", "not_found", "body_too_large"]);

/** From this status on, an answer that is none of ours comes from what stands before the origin: nobody is behind it. */
const GATEWAYS_OWN = 502;

/**
 * @param timeoutMs for this try, at most what is left of the deadline.
 * @throws FailedTry
 */
export async function attempt<T>(
  origin: Origin,
  call: SignedCall,
  answer: z.ZodType<T>,
  context: CallContext,
  timeoutMs: number,
  fetcher: typeof fetch,
): Promise<T> {
  const url = new URL(call.path, origin.url);
  const span = context.trace.call(`POST ${call.path}`, {
    "http.request.method": "POST",
    "url.path": call.path,
    "server.address": url.hostname,
    "sightline.origin": origin.id,
  });
  context.onOrigin?.(origin.id);
  try {
    const value = await converse(call, answer, context, { url, timeoutMs, fetcher, traceparent: span.traceparent });
    span.end();
    return value;
  } catch (failure) {
    span.end({}, failure instanceof FailedTry ? failure.fault : "unknown");
    throw failure;
  }
}

interface Conversation {
  readonly url: URL;
  readonly timeoutMs: number;
  readonly fetcher: typeof fetch;
  readonly traceparent: string;
}

/** @throws FailedTry */
async function converse<T>(
  { body, token }: SignedCall,
  answer: z.ZodType<T>,
  context: CallContext,
  { url, timeoutMs, fetcher, traceparent }: Conversation,
): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([context.deadline.signal, timeout]);
  const response = await exchange(async () => {
    const reply = await fetcher(url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": MSGPACK,
        "x-request-id": context.requestId,
        traceparent,
        [DEADLINE_HEADER]: String(theirDeadlineMs(timeoutMs)),
      },
      body,
      redirect: "manual",
      signal,
    });
    return { ok: reply.ok, status: reply.status, bytes: new Uint8Array(await reply.arrayBuffer()) };
  });
  if (!response.ok) throw refusal(response);
  const parsed = answer.safeParse(unpacked(response.bytes));
  if (!parsed.success) throw garbage(parsed.error);
  return parsed.data;

  async function exchange<R>(talk: () => Promise<R>): Promise<R> {
    try {
      return await talk();
    } catch (cause) {
      if (!signal.aborted) throw unreachable(cause);
      throw new FailedTry(timeoutMs >= TRY_MS ? "silent" : "late", new ApiError("deadline_exceeded", { cause }));
    }
  }
}

function theirDeadlineMs(ms: number): number {
  return Math.max(1, Math.floor(ms - Math.min(HEAD_START.atMostMs, HEAD_START.share * ms)));
}

function unpacked(bytes: Uint8Array): unknown {
  try {
    return unpack(bytes);
  } catch (cause) {
    throw garbage(cause);
  }
}

/** An error of the catalogue, or whatever else is not an answer. */
function refusal({ status, bytes }: { readonly status: number; readonly bytes: Uint8Array }): FailedTry {
  const failure = InternalError.safeParse(unpackedOrNothing(bytes));
  if (!failure.success) return status >= GATEWAYS_OWN ? unreachable(`status ${status}`) : garbage(`status ${status}`);
  const { error } = failure.data;
  if (OURS.has(error.code)) return new FailedTry("refused", new ApiError("backend_invalid_response", { cause: error }));
  return new FailedTry(DECLINED.has(error.code) ? "declined" : "answered", ApiError.fromDetail(error));
}

function unpackedOrNothing(bytes: Uint8Array): unknown {
  try {
    return unpack(bytes);
  } catch {
    return undefined;
  }
}

function unreachable(cause: unknown): FailedTry {
  const error = new ApiError("backend_unavailable", { cause, retryAfterSeconds: RETRY_AFTER_SECONDS });
  return new FailedTry("unreachable", error);
}

const garbage = (cause: unknown): FailedTry =>
  new FailedTry("garbage", new ApiError("backend_invalid_response", { cause }));
