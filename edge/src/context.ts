/** What middleware puts on a request for the handlers behind it. */
import type { ModelRevision, RequestId } from "@sightline/shared/ids";
import type { Deadline } from "./deadline.ts";
import type { SourceCounts } from "./embeddings/slots.ts";
import type { Env } from "./env.ts";
import type { ServerTiming } from "./http/server-timing.ts";
import type { RedisClient } from "./redis.ts";
import type { Services } from "./services.ts";
import type { Identity } from "./tenants/directory.ts";
import type { Call, Decision } from "./tenants/limiter.ts";
import type { Trace } from "./tracing/trace.ts";

export interface App {
  Bindings: Env;
  Variables: {
    readonly requestId: RequestId;
    readonly trace: Trace;
    /** Of the backend, that was asked last. */
    readonly origin?: string;
    readonly deadline: Deadline;
    readonly timing: ServerTiming;
    readonly services: Services;
    readonly redis: RedisClient;
    /** Set by the identity middleware: present behind every `/v1` route. */
    readonly identity: Identity;
    /** Set by `admit`: its promise, and the call once it was let through. */
    readonly admission?: Promise<void>;
    readonly call?: Call;
    /** Nothing was done, or part of the work was not, and not because of the caller: repeating the call may do it. */
    readonly isIncomplete?: boolean;
    /** What the limiter said, the model that was asked, where its inputs came from: for the log. */
    readonly decision?: Decision;
    readonly model?: ModelRevision;
    readonly cache?: SourceCounts;
  };
}
