/** From wire inputs to vectors: fetch, decode and prepare each one, then queue it for its tower. An input fails alone. */
import { ApiError } from "@sightline/shared/errors";
import type { Timings, WireInput } from "@sightline/shared/internal/protocol";
import { limitConcurrency } from "./concurrency.ts";
import { type OpenedImage, openImage } from "./media/decode.ts";
import type { ImageFetcher } from "./media/fetch-image.ts";
import type { ClipModel, EmbedCall, Embedded } from "./models/clip/model.ts";
import { preprocess } from "./models/clip/preprocess.ts";

interface EmbeddedInput extends Embedded {
  readonly decodeMs: number;
  /** Present for images. */
  readonly image?: OpenedImage;
}

export type EmbedOutcome = EmbeddedInput | ApiError;

export interface Embedder {
  /** One outcome per input, in order. */
  embed(model: ClipModel, inputs: readonly WireInput[], call: EmbedCall): Promise<EmbedOutcome[]>;
}

export interface EmbedderOptions {
  readonly fetchImage: ImageFetcher;
  readonly decodeConcurrency: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

const FETCH_CONCURRENCY = 16;

export function createEmbedder({ fetchImage, decodeConcurrency, now }: EmbedderOptions): Embedder {
  const decoding = limitConcurrency(decodeConcurrency);
  const fetching = limitConcurrency(FETCH_CONCURRENCY);

  async function embedImage(model: ClipModel, bytes: Uint8Array, call: EmbedCall): Promise<EmbeddedInput> {
    const from = now();
    const { image, pixels } = await decoding(async () => {
      call.signal.throwIfAborted();
      const image = await openImage(bytes);
      return { image, pixels: await preprocess(image, model.imageSpec) };
    });
    const decodeMs = now() - from;
    return { ...(await model.embedPixels(pixels, call)), decodeMs, image };
  }

  async function embedOne(model: ClipModel, input: WireInput, call: EmbedCall): Promise<EmbeddedInput> {
    switch (input.kind) {
      case "text":
        return { ...(await model.embedText(input.text, call)), decodeMs: 0 };
      case "image":
        return embedImage(model, input.bytes, call);
      case "image_url":
        return embedImage(model, await fetching(() => fetchImage(input.url, call.signal)), call);
    }
  }

  return {
    embed: (model, inputs, call) =>
      Promise.all(
        inputs.map((input) =>
          embedOne(model, input, call).catch((error: unknown) => {
            if (error instanceof ApiError) return error;
            // The caller went away or its time is over: the whole call ends, not one input of it.
            if (call.signal.aborted) throw call.signal.reason;
            return new ApiError("internal_error", { cause: error });
          }),
        ),
      ),
  };
}

/** The inputs of a call run side by side, so each phase took as long as its slowest input. */
export function slowest(outcomes: readonly EmbedOutcome[]): Timings {
  const max = (phase: "decodeMs" | "queueMs" | "inferenceMs"): number =>
    Math.max(0, ...outcomes.map((outcome) => (outcome instanceof ApiError ? 0 : outcome[phase])));
  return { decodeMs: max("decodeMs"), queueMs: max("queueMs"), inferenceMs: max("inferenceMs") };
}
