/** From wire inputs to vectors: fetch, decode and prepare each one, then queue it for its tower. An input fails alone. */
import { ApiError } from "@sightline/shared/errors";
import type { Timings, WireInput } from "@sightline/shared/internal/protocol";
import { limitConcurrency } from "./concurrency.ts";
import { type OpenedImage, openImage } from "./media/decode.ts";
import type { ImageFetcher } from "./media/fetch-image.ts";
import type { ClipModel, EmbedCall, Embedded } from "./models/clip/model.ts";
import { preprocess } from "./models/clip/preprocess.ts";

interface EmbeddedInput extends Embedded {
  readonly modality: "text" | "image";
  readonly decodeMs: number;
  /** What `pictureOf` made of the image. */
  readonly picture?: Uint8Array | undefined;
}

export type EmbedOutcome = EmbeddedInput | ApiError;

export interface Embedder {
  /**
   * @param pictureOf made of each image while it is open, so that no image outlives its decoding.
   * @returns one outcome per input, in order.
   */
  embed(
    model: ClipModel,
    inputs: readonly WireInput[],
    call: EmbedCall,
    pictureOf?: (image: OpenedImage) => Promise<Uint8Array>,
  ): Promise<EmbedOutcome[]>;
}

export interface EmbedderOptions {
  readonly fetchImage: ImageFetcher;
  readonly decodeConcurrency: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Files that are being fetched, or were fetched and wait to be decoded: this bounds what URLs can make us hold. */
const FETCHES = { running: 16, waiting: 1024 };
/** Images whose bytes came with the call, and so are held anyway. */
const DECODES_WAITING = 512;

export function createEmbedder({ fetchImage, decodeConcurrency, now }: EmbedderOptions): Embedder {
  const decoding = limitConcurrency({ running: decodeConcurrency, waiting: DECODES_WAITING });
  const fetching = limitConcurrency(FETCHES);

  interface Prepared {
    readonly pixels: Uint8Array;
    readonly picture: Uint8Array | undefined;
  }

  type Prepare = (bytes: Uint8Array) => Promise<Prepared>;

  async function embedOne(
    model: ClipModel,
    input: WireInput,
    call: EmbedCall,
    prepare: Prepare,
  ): Promise<EmbeddedInput> {
    const { signal } = call;
    if (input.kind === "text") {
      return { ...(await model.embedText(input.text, call)), modality: "text", decodeMs: 0 };
    }
    const from = now();
    const { pixels, picture } =
      input.kind === "image"
        ? await decoding(signal, () => prepare(input.bytes))
        : await fetching(signal, async () => {
            const bytes = await fetchImage(input.url, signal);
            return decoding(signal, () => prepare(bytes));
          });
    const decodeMs = now() - from;
    return { ...(await model.embedPixels(pixels, call)), modality: "image", decodeMs, picture };
  }

  return {
    embed(model, inputs, call, pictureOf) {
      const prepare: Prepare = async (bytes) => {
        const image = await openImage(bytes);
        return { pixels: await preprocess(image, model.imageSpec), picture: await pictureOf?.(image) };
      };
      return Promise.all(
        inputs.map((input) =>
          embedOne(model, input, call, prepare).catch((error: unknown) => {
            if (error instanceof ApiError) return error;
            // The caller went away or its time is over: the whole call ends, not one input of it.
            if (call.signal.aborted) throw call.signal.reason;
            return new ApiError("internal_error", { cause: error });
          }),
        ),
      );
    },
  };
}

/** The inputs of a call run side by side, so each phase took as long as its slowest input. */
export function slowest(outcomes: readonly EmbedOutcome[]): Timings {
  const max = (phase: "decodeMs" | "queueMs" | "inferenceMs"): number =>
    Math.max(0, ...outcomes.map((outcome) => (outcome instanceof ApiError ? 0 : outcome[phase])));
  return { decodeMs: max("decodeMs"), queueMs: max("queueMs"), inferenceMs: max("inferenceMs") };
}
