/** From wire inputs to vectors: fetch, decode and prepare each one, then queue it for its tower. An input fails alone. */
import { ApiError } from "@sightline/shared/errors";
import { modelRevisionKey } from "@sightline/shared/ids";
import type { Timings, WireInput } from "@sightline/shared/internal/protocol";
import { mapBreathing } from "./breathing.ts";
import type { Claim } from "./concurrency.ts";
import type { OpenedImage } from "./media/decode.ts";
import type { Intake } from "./media/intake.ts";
import type { ClipModel, Embedded, EmbedCall as ModelCall } from "./models/clip/model.ts";
import type { EncodedText } from "./models/clip/tokenizer.ts";
import { preprocess } from "./models/preprocess.ts";
import { type InputOutcome, type Observer, UNOBSERVED } from "./observer.ts";

interface EmbeddedInput extends Embedded {
  readonly modality: "text" | "image";
  readonly decodeMs: number;
  /** What `pictureOf` made of the image. */
  readonly picture?: Uint8Array | undefined;
}

/** `tenant` is whose share of the fetches and decodes the images take. */
export type EmbedCall = ModelCall & Claim;

export type EmbedOutcome = EmbeddedInput | ApiError;

type PictureOf = (image: OpenedImage) => Promise<Uint8Array>;

export interface Embedder {
  /**
   * @param pictureOf made of each image while it is open, so that no image outlives its decoding.
   * @returns one outcome per input, in order.
   */
  embed(
    model: ClipModel,
    inputs: readonly WireInput[],
    call: EmbedCall,
    pictureOf?: PictureOf,
  ): Promise<EmbedOutcome[]>;
}

export interface EmbedderOptions {
  readonly intake: Intake;
  readonly observer?: Pick<Observer, "input">;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export function createEmbedder({ intake, observer = UNOBSERVED, now }: EmbedderOptions): Embedder {
  async function embedOne(
    model: ClipModel,
    input: WireInput,
    call: EmbedCall,
    pictureOf: PictureOf | undefined,
    encoded: Promise<ReadonlyMap<WireInput, EncodedText>>,
  ): Promise<EmbeddedInput> {
    if (input.kind === "text") {
      const text = (await encoded).get(input) as EncodedText;
      return { ...(await model.embedText(text, call)), modality: "text", decodeMs: 0 };
    }
    const from = now();
    const { pixels, picture } = await intake(input, call, async (image) => ({
      pixels: await preprocess(image, model.imageSpec),
      picture: await pictureOf?.(image),
    }));
    const decodeMs = now() - from;
    return { ...(await model.embedPixels(pixels, call)), modality: "image", decodeMs, picture };
  }

  async function encodeTexts(model: ClipModel, inputs: readonly WireInput[], signal: AbortSignal) {
    const texts = inputs.filter((input) => input.kind === "text");
    const encode = (input: (typeof texts)[number]) => [input, model.encode(input.text)] as const;
    return new Map<WireInput, EncodedText>(await mapBreathing(texts, encode, { now, signal }));
  }

  return {
    async embed(model, inputs, call, pictureOf) {
      const key = modelRevisionKey(model.served);
      // All of them before the first is queued, so that they are queued together and become one batch.
      const encoded = encodeTexts(model, inputs, call.signal);
      return Promise.all(
        inputs.map((input) => {
          const kind = input.kind === "text" ? "text" : "image";
          return failingAlone(call.signal, embedOne(model, input, call, pictureOf, encoded), (result) =>
            observer.input({ model: key, kind, ...result }),
          );
        }),
      );
    },
  };
}

/**
 * @param tell what became of the piece.
 * @returns what went wrong with one piece of a call; only the end of the whole call is thrown.
 */
export async function failingAlone<T extends { readonly truncated: boolean }>(
  signal: AbortSignal,
  piece: Promise<T>,
  tell: (result: Pick<InputOutcome, "outcome" | "truncated">) => void,
): Promise<T | ApiError> {
  try {
    const done = await piece;
    tell({ outcome: "ok", truncated: done.truncated });
    return done;
  } catch (error) {
    // The caller went away or its time is over: the whole call ends, not one piece of it.
    if (!(error instanceof ApiError) && signal.aborted) throw signal.reason;
    const failure = error instanceof ApiError ? error : new ApiError("internal_error", { cause: error });
    tell({ outcome: failure.status < 500 ? "refused" : "failed", truncated: false });
    return failure;
  }
}

/** The pieces of a call run side by side, so each phase took as long as its slowest piece. */
export function slowest(outcomes: readonly (Timings | ApiError)[]): Timings {
  const max = (phase: keyof Timings): number =>
    Math.max(0, ...outcomes.map((outcome) => (outcome instanceof ApiError ? 0 : outcome[phase])));
  return { decodeMs: max("decodeMs"), queueMs: max("queueMs"), inferenceMs: max("inferenceMs") };
}
