/** `POST /internal/v1/embed`: vectors for texts and images. */
import { ApiError } from "@sightline/shared/errors";
import { EmbedRequest, type EmbedResponse } from "@sightline/shared/internal/protocol";
import { vectorToBytes } from "@sightline/shared/vectors";
import { type Embedder, slowest } from "../embed.ts";
import type { Replica } from "../replica.ts";
import type { InternalApi } from "./internal-call.ts";

export function embedRoute(api: InternalApi, replica: Replica, embedder: Embedder): void {
  api.post("/internal/v1/embed", EmbedRequest, async ({ model, lane, inputs }, call): Promise<EmbedResponse> => {
    const outcomes = await replica
      .loaded()
      .use("clip", model, (loaded) => embedder.embed(loaded, inputs, { ...call, lane }));
    return {
      results: outcomes.map((outcome) =>
        outcome instanceof ApiError
          ? { status: "failed", error: outcome.toDetail() }
          : {
              status: "ok",
              embedding: vectorToBytes(outcome.vector),
              tokens: outcome.tokens,
              truncated: outcome.truncated,
            },
      ),
      timings: slowest(outcomes),
    };
  });
}
