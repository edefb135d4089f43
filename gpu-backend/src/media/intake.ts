/** From an image on the wire to an opened picture, with bounds on how many are fetched and decoded at a time. */
import type { WireImage } from "@sightline/shared/internal/protocol";
import { limitConcurrency } from "../concurrency.ts";
import { type Observer, observed, UNOBSERVED, whyAborted } from "../observer.ts";
import { type OpenedImage, openImage } from "./decode.ts";
import type { ImageFetcher } from "./fetch-image.ts";

/**
 * @param work what is made of the picture while it is open, so that none outlives its decoding.
 * @throws ApiError if the image cannot be fetched or opened, what `work` throws, or the signal's reason.
 */
export type Intake = <T>(image: WireImage, signal: AbortSignal, work: (image: OpenedImage) => Promise<T>) => Promise<T>;

export interface IntakeOptions {
  readonly fetchImage: ImageFetcher;
  readonly decodeConcurrency: number;
  readonly observer?: Pick<Observer, "decode" | "dropped">;
}

/** Files that are being fetched, or were fetched and wait to be decoded: this bounds what URLs can make us hold. */
const FETCHES = { running: 16, waiting: 1024 };
/** Images whose bytes came with the call, and so are held anyway. */
const DECODES_WAITING = 512;

export function createIntake({ fetchImage, decodeConcurrency, observer = UNOBSERVED }: IntakeOptions): Intake {
  const decoding = limitConcurrency({
    running: decodeConcurrency,
    waiting: DECODES_WAITING,
    onFull: () => observer.dropped("decode_queue_full"),
  });
  const fetching = limitConcurrency({ ...FETCHES, onFull: () => observer.dropped("fetch_queue_full") });
  return async (image, signal, work) => {
    const decode = (bytes: Uint8Array) =>
      decoding(signal, () => observed(observer.decode(), async () => work(await openImage(bytes))));
    try {
      if (image.kind === "image") return await decode(image.bytes);
      return await fetching(signal, async () => decode(await fetchImage(image.url, signal)));
    } catch (error) {
      if (signal.aborted && error === signal.reason) observer.dropped(whyAborted(signal));
      throw error;
    }
  };
}
