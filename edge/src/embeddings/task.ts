/** A kind of question to a model whose answers are kept: an input to embed, a pair to judge. */
import type { Lane, ServedModel, Timings } from "@sightline/shared/internal/protocol";
import type { BackendClient, CallContext } from "../backend/client.ts";
import type { Outcome } from "./slots.ts";

export interface AskContext extends CallContext {
  readonly backend: BackendClient;
  readonly lane: Lane;
}

/** What of a model decides about its answers. */
export type KnownModel = Pick<ServedModel, "id" | "revision" | "preprocessing">;

/** What an input is, whoever sends it. */
export interface Identity {
  readonly name: string;
  /** It names the content. Otherwise an image's address, behind which something else may lie the next time. */
  readonly isContent: boolean;
}

export interface Asked {
  /** One per input, in order. */
  readonly outcomes: readonly Outcome[];
  readonly timings: Timings;
}

export interface Task<Input> {
  readonly model: KnownModel;
  /** Numbers in an answer. */
  readonly width: number;
  readonly identityOf: (input: Input) => Promise<Identity>;
  /** One call to the backend. @throws ApiError if it fails as a whole. */
  readonly ask: (inputs: readonly Input[], context: AskContext) => Promise<Asked>;
}
