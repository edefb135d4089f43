/**
 * What every internal route has in common: the body is checked against the signed token before anything is parsed, the
 * MessagePack becomes a typed request, the deadline becomes a signal, the answer becomes MessagePack.
 */
import { ApiError } from "@sightline/shared/errors";
import { modelRevisionKey, type TenantId } from "@sightline/shared/ids";
import { DEADLINE_HEADER, ModelRef, MSGPACK, pack, Timings, unpack } from "@sightline/shared/internal/protocol";
import { LIMITS } from "@sightline/shared/limits";
import type { Hono } from "hono";
import { z } from "zod";
import { withDeadline } from "../deadline.ts";
import type { Observer } from "../observer.ts";
import { readSignedBody } from "./signature.ts";

declare module "hono" {
  /** What the log and the span of a call say of it. */
  interface ContextVariableMap {
    readonly asked?: { readonly tenant: TenantId; readonly model: string | undefined };
    readonly timings?: Timings | undefined;
  }
}

interface InternalCall {
  readonly tenant: TenantId;
  /** Monotonic milliseconds. */
  readonly deadlineAt: number;
  /** Aborts when the caller goes away or its deadline passes. */
  readonly signal: AbortSignal;
}

export interface InternalApi {
  post<T>(path: string, schema: z.ZodType<T>, handle: (request: T, call: InternalCall) => Promise<unknown>): void;
}

/** @param app has let `signature` see the call. @param now monotonic milliseconds. */
export function internalApi(app: Hono, observer: Pick<Observer, "call">, now: () => number): InternalApi {
  return {
    post(path, schema, handle) {
      app.post(path, async (c) => {
        const { tenant } = c.var.signed;
        const request = parse(schema, await readSignedBody(c));
        c.set("asked", { tenant, model: modelOf(request) });
        const ms = deadlineMs(c.req.header(DEADLINE_HEADER));
        const deadline = AbortSignal.timeout(ms);
        const signal = AbortSignal.any([c.req.raw.signal, deadline]);
        observer.call(signal);
        try {
          const work = () => handle(request, { tenant, deadlineAt: now() + ms, signal });
          const answer = await withDeadline(performance.now() + ms, work);
          c.set("timings", Timed.safeParse(answer).data?.timings);
          return c.body(pack(answer) as Uint8Array<ArrayBuffer>, 200, { "content-type": MSGPACK });
        } catch (error) {
          if (deadline.aborted && !(error instanceof ApiError))
            throw new ApiError("deadline_exceeded", { cause: error });
          // Where the caller left it is a string (@hono/node-server's), and Hono brings nothing but errors to `onError`.
          throw error instanceof Error ? error : new Error(String(error));
        }
      });
    },
  };
}

function parse<T>(schema: z.ZodType<T>, body: Uint8Array): T {
  try {
    return schema.parse(unpack(body));
  } catch (cause) {
    // Edge and backend disagree about the protocol: a fault of ours, not of the caller.
    throw new ApiError("internal_error", { cause });
  }
}

const Modelled = z.object({ model: ModelRef.optional(), space: ModelRef.optional() });
const Timed = z.object({ timings: Timings });

/** Of a space it is the model whose vectors lie there. @returns undefined for a call about none. */
function modelOf(request: unknown): string | undefined {
  const { model, space } = Modelled.safeParse(request).data ?? {};
  const named = model ?? space;
  return named && modelRevisionKey(named);
}

function deadlineMs(header: string | undefined): number {
  const ms = Number(header ?? LIMITS.deadlineMs);
  return Number.isFinite(ms) ? Math.min(Math.max(1, ms), LIMITS.deadlineMs) : LIMITS.deadlineMs;
}
