/** `POST /internal/v1/entail`: the probabilities of yes, no and maybe for pairs of a picture and a statement. */
import { ApiError } from "@sightline/shared/errors";
import { EntailRequest, type EntailResponse } from "@sightline/shared/internal/entailment";
import { vectorToBytes } from "@sightline/shared/vectors";
import { slowest } from "../embed.ts";
import type { Entailer } from "../entail.ts";
import type { Replica } from "../replica.ts";
import type { InternalApi } from "./internal-call.ts";

export function entailRoute(api: InternalApi, replica: Replica, entail: Entailer): void {
  api.post("/internal/v1/entail", EntailRequest, async ({ model, lane, ...request }, call): Promise<EntailResponse> => {
    const outcomes = await replica.loaded().use("ofa", model, (loaded) => entail(loaded, request, { ...call, lane }));
    return {
      results: outcomes.map((outcome) =>
        outcome instanceof ApiError
          ? { status: "failed", error: outcome.toDetail() }
          : {
              status: "ok",
              scores: vectorToBytes(outcome.scores),
              tokens: outcome.tokens,
              truncated: outcome.truncated,
            },
      ),
      timings: slowest(outcomes),
    };
  });
}
