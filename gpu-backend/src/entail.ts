/** From wire pairs to probabilities: each picture fetched and prepared once, each pair queued. A pair fails alone. */
import { ApiError } from "@sightline/shared/errors";
import { modelRevisionKey } from "@sightline/shared/ids";
import type { EntailRequest } from "@sightline/shared/internal/entailment";
import { mapBreathing } from "./breathing.ts";
import type { Claim } from "./concurrency.ts";
import { failingAlone } from "./embed.ts";
import type { BatchCall } from "./inference/batcher.ts";
import type { Intake } from "./media/intake.ts";
import type { Judge, Judged, OfaModel } from "./models/ofa/model.ts";
import { preprocess } from "./models/preprocess.ts";
import { type Observer, UNOBSERVED } from "./observer.ts";

type Pair = EntailRequest["pairs"][number];

type EntailOutcome = (Judged & { readonly decodeMs: number }) | ApiError;

/** @returns one outcome per pair, in order. */
export type Entailer = (
  model: OfaModel,
  request: Pick<EntailRequest, "images" | "pairs">,
  call: BatchCall & Claim,
) => Promise<EntailOutcome[]>;

interface Prepared {
  readonly pixels: Uint8Array;
  readonly decodeMs: number;
}

interface Refused {
  readonly reason: unknown;
}

export interface EntailerOptions {
  readonly intake: Intake;
  readonly observer?: Pick<Observer, "input">;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export function createEntailer({ intake, observer = UNOBSERVED, now }: EntailerOptions): Entailer {
  return (model, { images, pairs }, call) => {
    const key = modelRevisionKey(model.served);
    const prepared = new Map<number, Promise<Prepared>>();

    async function prepare(index: number): Promise<Prepared> {
      const image = images[index];
      // Edge and backend disagree about the protocol: a fault of ours, not of the caller.
      if (!image) throw new ApiError("internal_error", { cause: new Error(`there is no image ${index}`) });
      const from = now();
      const pixels = await intake(image, call, (opened) => preprocess(opened, model.imageSpec));
      return { pixels, decodeMs: now() - from };
    }

    /** What is wrong with a statement is kept, so that its pair fails alone. */
    function understand({ hypothesis, caption }: Pair): Judge | Refused {
      try {
        return model.about({ hypothesis, caption });
      } catch (reason) {
        return { reason };
      }
    }

    const understood = mapBreathing(pairs, understand, { now, signal: call.signal });

    async function judge({ image }: Pair, index: number) {
      const judge = (await understood)[index] as Judge | Refused;
      if ("reason" in judge) throw judge.reason;
      const preparing = prepared.get(image) ?? prepare(image);
      prepared.set(image, preparing);
      const { pixels, decodeMs } = await preparing;
      return { ...(await judge(pixels, call)), decodeMs };
    }

    return Promise.all(
      pairs.map((pair, index) =>
        failingAlone(call.signal, judge(pair, index), (result) =>
          observer.input({ model: key, kind: "pair", ...result }),
        ),
      ),
    );
  };
}
