/**
 * Calls to the backend: which origin is asked, who is asked next when it fails, and when nobody is asked any more. Lives as
 * long as the isolate, which knows nothing of what other isolates have met.
 */
import { delay } from "@sightline/shared/delay";
import { ApiError } from "@sightline/shared/errors";
import { type ModelRevision, modelRevisionKey } from "@sightline/shared/ids";
import { ModelsResponse, pack, type ServedModel } from "@sightline/shared/internal/protocol";
import { importSigningKey, signCall } from "@sightline/shared/internal/token";
import type { z } from "zod";
import { attempt, type CallContext, FAULTS, FailedTry, type Fault, type SignedCall, TRY_MS } from "./attempt.ts";
import { Breaker } from "./breaker.ts";
import { CALLS, type InternalCalls, type InternalPath } from "./calls.ts";
import { inOrder, mayServe, type Origin } from "./origins.ts";
import { RetryBudget } from "./retry-budget.ts";
import { type Admitted, admit, candidates, leftAlone, passedOver, servingFirst, type Target } from "./targets.ts";

export type { CallContext } from "./attempt.ts";

const MAX_TRIES = 3;
/** The longest wait before the second try; twice that before the third. */
const BACKOFF_MS = 50;
const MODELS = "/internal/v1/models";

export interface BackendClient {
  /**
   * @throws ApiError: backend_unavailable (unreachable, or left alone because it was), deadline_exceeded,
   * backend_invalid_response (the answer does not parse), or whatever catalogue error the backend answered.
   */
  call<P extends InternalPath, T extends InternalCalls[P]["answer"]>(
    path: P,
    request: InternalCalls[P]["request"],
    answer: z.ZodType<T>,
    context: CallContext,
  ): Promise<T>;

  /** What the origins serve, in their order. @throws ApiError as `call`, if not one of them answers. */
  models(context: CallContext): Promise<OriginsModels>;
}

interface OriginsModels {
  readonly models: readonly ServedModel[];
  /** Not all origins have answered: there may be more. */
  readonly isPartial: boolean;
}

/** What is counted of the origins, by their ids. */
interface BackendObserver {
  called(origin: string, outcome: "ok" | Fault): void;
  /** It is left alone from now on. */
  opened(origin: string): void;
  /** A call would have gone there first, were it not left alone. */
  skipped(origin: string): void;
}

const NOBODY: BackendObserver = { called: () => undefined, opened: () => undefined, skipped: () => undefined };

export interface ClientOptions {
  readonly origins: readonly Origin[];
  /** Whether all origins write to one vector store; else the first one is home to the stored items. */
  readonly isStoreShared?: boolean;
  readonly secret: string;
  readonly observer?: BackendObserver;
  readonly fetch?: typeof fetch;
  /** Milliseconds. */
  readonly now?: () => number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

export function createBackendClient({
  origins,
  isStoreShared = false,
  secret,
  observer = NOBODY,
  fetch: fetcher = fetch,
  now = Date.now,
  random = Math.random,
}: ClientOptions): BackendClient {
  const signingKey = importSigningKey(secret);
  const targets = origins.map(
    (origin): Target => ({ ...origin, breaker: new Breaker(now, () => observer.opened(origin.id)) }),
  );
  const budget = new RetryBudget();

  return {
    async call(path, request, answer, context) {
      const { modelOf, usesStore, isRepeatable, isDeclined } = CALLS[path];
      const order = usesStore && !isStoreShared ? targets.slice(0, 1) : orderFor(modelOf?.(request), context);
      if (order.length === 0) throw new ApiError("model_not_found", { param: "model" });

      for (const { id } of passedOver(order)) observer.skipped(id);
      const most = isRepeatable(request) ? MAX_TRIES : 1;
      const signed = await sign(path, request, context);
      const tried = new Set<Target>();
      let failed: FailedTry | undefined;
      let declined: { readonly value: z.infer<typeof answer> } | undefined;
      budget.deposit();
      for (let tries = 1; ; tries++) {
        const admitted = admit(order, tried, failed);
        if (!admitted) break;
        tried.add(admitted.target);
        const others = tries < most ? candidates(order, tried) : [];
        try {
          const value = await ask(admitted, signed, answer, context, others.length > 0 ? TRY_MS : undefined);
          const hasDeclined = isDeclined?.(value) ?? false;
          observer.called(admitted.target.id, hasDeclined ? "declined" : "ok");
          if (!hasDeclined) return value;
          declined ??= { value };
          failed = new FailedTry("declined", new ApiError("overloaded"));
        } catch (failure) {
          if (!(failure instanceof FailedTry)) throw failure;
          failed = failure;
        }
        if (tries >= most || candidates(order, tried, failed).length === 0) break;
        if (!(await mayTryAgain(tries, context))) break;
      }
      if (declined) return declined.value;
      throw failed?.error ?? leftAlone(order);
    },

    async models(context) {
      const signed = await sign(MODELS, {}, context);
      const lists = await Promise.allSettled(
        targets.map(async (target) => {
          const admitted = admit([target], new Set());
          if (!admitted) throw leftAlone([target]);
          const { models } = await ask(admitted, signed, ModelsResponse, context);
          observer.called(target.id, "ok");
          target.serves = new Set(models.map(modelRevisionKey));
          return models.filter(({ id }) => mayServe(target, id));
        }),
      );
      const answered = lists.flatMap((list) => (list.status === "fulfilled" ? [list.value] : []));
      const [failure] = lists.flatMap((list) => (list.status === "rejected" ? [list.reason] : []));
      if (answered.length === 0) throw failure instanceof FailedTry ? failure.error : failure;
      return { models: answered.flat(), isPartial: answered.length < lists.length };
    },
  };

  function orderFor(model: ModelRevision | undefined, { region }: CallContext): readonly Target[] {
    const order = inOrder(targets, { model: model?.id, region }, random);
    return model ? servingFirst(order, model) : order;
  }

  async function sign(path: string, request: unknown, { tenant }: CallContext): Promise<SignedCall> {
    const body = pack(request);
    return { path, body, token: await signCall(await signingKey, { tenant, path, body }) };
  }

  /** One try, whose end the origin's breaker hears of. @throws FailedTry */
  async function ask<T>(
    { target, report, isRepeat }: Admitted,
    signed: SignedCall,
    answer: z.ZodType<T>,
    context: CallContext,
    atMostMs = Number.POSITIVE_INFINITY,
  ): Promise<T> {
    const timeoutMs = Math.max(1, Math.min(atMostMs, context.deadline.remainingMs()));
    try {
      const value = await attempt(target, signed, answer, context, timeoutMs, fetcher);
      report("alive");
      return value;
    } catch (failure) {
      const verdict = failure instanceof FailedTry ? FAULTS[failure.fault].verdict : "unknown";
      // Two tries within one call see the same mishap.
      report(isRepeat && verdict === "failed" ? "unknown" : verdict);
      if (failure instanceof FailedTry) observer.called(target.id, failure.fault);
      if (failure instanceof FailedTry && verdict === "failed") warn(target, failure, context);
      throw failure;
    }
  }

  /** Waits for a random while, so that the callers of an origin that goes away do not come back all at once. */
  async function mayTryAgain(tries: number, { deadline }: CallContext): Promise<boolean> {
    const waitMs = random() * BACKOFF_MS * 2 ** (tries - 1);
    if (deadline.remainingMs() <= waitMs || !budget.withdraw()) return false;
    await delay(waitMs);
    return true;
  }
}

/** A failure that another try makes good is seen here and nowhere else. */
function warn({ id, breaker }: Target, { fault, error }: FailedTry, { requestId, trace }: CallContext): void {
  const cause = error.cause instanceof Error ? error.cause.message : error.cause;
  const line = {
    request_id: requestId,
    trace_id: trace.traceId,
    origin: id,
    fault,
    left_alone_ms: breaker.waitMs,
    cause,
  };
  console.warn(JSON.stringify({ level: "warn", message: "a backend origin failed", ...line }));
}
