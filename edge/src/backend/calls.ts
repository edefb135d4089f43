/** The internal calls on behalf of a tenant: what each carries, where it may go, and whether it may be made twice. */
import type { ErrorCode } from "@sightline/shared/errors";
import type { ModelRevision } from "@sightline/shared/ids";
import type { EntailRequest, EntailResponse, EntailResult } from "@sightline/shared/internal/entailment";
import type {
  EmbedRequest,
  EmbedResponse,
  EmbedResult,
  SnapshotsRequest,
  SnapshotsResponse,
  StoreRequest,
  WriteItemsRequest,
  WriteItemsResponse,
} from "@sightline/shared/internal/protocol";

export interface InternalCalls {
  "/internal/v1/embed": { readonly request: EmbedRequest; readonly answer: EmbedResponse };
  "/internal/v1/entail": { readonly request: EntailRequest; readonly answer: EntailResponse };
  "/internal/v1/items": { readonly request: WriteItemsRequest; readonly answer: WriteItemsResponse };
  /** The answer's shape depends on the operation. */
  "/internal/v1/store": { readonly request: StoreRequest; readonly answer: unknown };
  "/internal/v1/snapshots": { readonly request: SnapshotsRequest; readonly answer: SnapshotsResponse };
}
export type InternalPath = keyof InternalCalls;

interface Traits<Request, Answer> {
  /** The model that an origin has to serve for this call; without one any origin will do. */
  readonly modelOf?: (request: Request) => ModelRevision;
  /** It reads or writes stored items: where the vector store is embedded, that lies at the first origin and nowhere else. */
  readonly usesStore: boolean;
  /**
   * Whether it may be made again when its fate is unknown. A write may not: the first try may still be at work and land after
   * a later write that was acknowledged. Its caller, who got no acknowledgement, decides.
   */
  readonly isRepeatable: (request: Request) => boolean;
  /** An answer in which the origin did not do everything, though another one might. */
  readonly isDeclined?: (answer: Answer) => boolean;
}

/** Codes with which an origin says that it cannot do now, or not here, what another origin may be able to do. */
export const DECLINED: ReadonlySet<ErrorCode> = new Set([
  "overloaded",
  "deadline_exceeded",
  "backend_unavailable",
  "model_not_found",
]);

const isDeclined = (result: EmbedResult | EntailResult): boolean =>
  result.status === "failed" && DECLINED.has(result.error.code);

export const CALLS: {
  readonly [P in InternalPath]: Traits<InternalCalls[P]["request"], InternalCalls[P]["answer"]>;
} = {
  "/internal/v1/embed": {
    modelOf: ({ model }) => model,
    usesStore: false,
    isRepeatable: () => true,
    isDeclined: ({ results }) => results.some(isDeclined),
  },
  "/internal/v1/entail": {
    modelOf: ({ model }) => model,
    usesStore: false,
    isRepeatable: () => true,
    isDeclined: ({ results }) => results.some(isDeclined),
  },
  "/internal/v1/items": { modelOf: ({ model }) => model, usesStore: true, isRepeatable: () => false },
  "/internal/v1/store": { usesStore: true, isRepeatable: ({ op }) => op !== "delete" },
  "/internal/v1/snapshots": { usesStore: true, isRepeatable: ({ op }) => op === "list" },
};
