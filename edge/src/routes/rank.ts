/** `POST /v1/rank`: candidates sorted by how well they fit a query, across modalities. */
import { RankRequest, RankResponse } from "@sightline/shared/api/inference";
import { parseInput } from "@sightline/shared/api/input";
import { dot, softmax } from "@sightline/shared/vectors";
import { z } from "zod";
import { vectorOf } from "../embeddings/entry.ts";
import { readBody } from "../http/body.ts";
import { embedAll, namedInputs, usageOf, withModel, workOf } from "../inference.ts";
import { checkCallSize } from "../middleware/admission.ts";
import { requireScope } from "../middleware/identity.ts";
import type { Router } from "../router.ts";

export function rank(router: Router): void {
  router.add(
    {
      method: "post",
      path: "/v1/rank",
      operationId: "rank",
      summary: "Rank candidates against a query",
      description:
        "Query and candidates may be texts or images in any mix. The score is the softmax over all candidates of the cosine " +
        "times the model's logit scale. An image query may also be sent as multipart/form-data.",
      tag: "Inference",
      body: RankRequest,
      bodyTypes: {
        "multipart/form-data": RankRequest.omit({ query: true }).extend({
          image: z.string().meta({ format: "binary" }),
        }),
      },
      answer: RankResponse,
    },
    requireScope("classify"),
    async (c) => {
      const request = await readBody(c, RankRequest, { multipart: (image) => ({ query: { image } }) });
      const query = { param: "query", input: parseInput(request.query, "query") };
      const inputs = [query, ...namedInputs(request.candidates, "candidates")];
      checkCallSize(c, workOf(inputs), "candidates");
      return withModel(c, "clip", request.model, async (model) => {
        const entries = await embedAll(c, model, inputs);
        const [queryVector = new Float32Array(), ...candidates] = entries.map(vectorOf);

        const cosines = candidates.map((candidate) => dot(queryVector, candidate));
        const scores = softmax(cosines, model.logitScale);
        const results = cosines
          .map((cosine, index) => ({ index, score: scores[index] ?? 0, cosine }))
          .sort((a, b) => b.cosine - a.cosine)
          .slice(0, request.top_k);
        return c.json({ model: model.id, results, usage: usageOf(entries, inputs) } satisfies RankResponse);
      });
    },
  );
}
