/** From an image on the wire to an opened picture, with bounds on how many are fetched and decoded at a time. */
import type { WireImage } from "@sightline/shared/internal/protocol";
import { type Claim, limitConcurrency } from "../concurrency.ts";
import { type Observer, observed, UNOBSERVED, whyAborted } from "../observer.ts";
import { type OpenedImage, openImage } from "./decode.ts";
import type { ImageFetcher } from "./fetch-image.ts";

/**
 * @param work what is made of the picture while it is open, so that none outlives its decoding.
 * @throws ApiError if the image cannot be fetched or opened, what `work` throws, or the signal's reason.
 */
export type Intake = <T>(image: WireImage, call: Claim, work: (image: OpenedImage) => Promise<T>) => Promise<T>;

export interface IntakeOptions {
  readonly fetchImage: ImageFetcher;
  readonly decodeConcurrency: number;
  readonly observer?: Pick<Observer, "decode" | "dropped">;
}

/**
 * Files that are being fetched, or were fetched and wait to be decoded: this bounds what URLs can make us hold. Hosts that
 * never answer keep a place for seconds, so that one tenant's leave a third to the others.
 */
const FETCHES = { running: 24, waiting: 1024, perTenant: { running: 16, waiting: 512 } };
/** Images whose bytes came with the call, and so are held anyway. In each lane. */
const DECODES_WAITING = 512;

export function createIntake({ fetchImage, decodeConcurrency, observer = UNOBSERVED }: IntakeOptions): Intake {
  const decoding = limitConcurrency({
    running: decodeConcurrency,
    waiting: DECODES_WAITING,
    onFull: () => observer.dropped("decode_queue_full"),
  });
  const fetching = limitConcurrency({ ...FETCHES, onFull: () => observer.dropped("fetch_queue_full") });
  return async (image, call, work) => {
    const { signal } = call;
    const decode = (bytes: Uint8Array) =>
      decoding(call, () => observed(observer.decode(), async () => work(await openImage(bytes))));
    try {
      if (image.kind === "image") return await decode(image.bytes);
      return await fetching(call, async () => decode(await fetchImage(image.url, signal)));
    } catch (error) {
      if (signal.aborted && error === signal.reason) observer.dropped(whyAborted(signal));
      throw error;
    }
  };
}
