/** `POST /v1/embeddings`: OpenAI-compatible embeddings of texts and images in one space. */
import { EmbeddingsRequest, EmbeddingsResponse } from "@sightline/shared/api/inference";
import { ApiError } from "@sightline/shared/errors";
import { bytesToBase64 } from "@sightline/shared/vectors";
import { z } from "zod";
import { type Embedded, vectorOf } from "../embeddings/entry.ts";
import { readBody } from "../http/body.ts";
import { embedAll, namedInputs, usageOf, withModel, workOf } from "../inference.ts";
import { checkCallSize } from "../middleware/admission.ts";
import { requireScope } from "../middleware/identity.ts";
import type { Router } from "../router.ts";

const asInput = (image: Uint8Array) => ({ input: { image } });

export function embeddings(router: Router): void {
  router.add(
    {
      method: "post",
      path: "/v1/embeddings",
      operationId: "createEmbeddings",
      summary: "Embed texts and images",
      description:
        "L2-normalised vectors of texts and images in one shared space. Compatible with OpenAI's endpoint of the same name; " +
        "`input` also takes images, alone or mixed with texts. One image may also be sent as multipart/form-data (part `image`) or as a bare `image/*` body.",
      tag: "Inference",
      body: EmbeddingsRequest,
      bodyTypes: {
        "multipart/form-data": EmbeddingsRequest.omit({ input: true }).extend({
          image: z.string().meta({ format: "binary" }),
        }),
        "image/*": z.string().meta({ format: "binary" }),
      },
      answer: EmbeddingsResponse,
    },
    requireScope("embed"),
    async (c) => {
      const request = await readBody(c, EmbeddingsRequest, { multipart: asInput, bare: asInput });
      const inputs = namedInputs(request.input, "input");
      checkCallSize(c, workOf(inputs), "input");
      return withModel(c, "clip", request.model, async (model) => {
        if (request.dimensions !== undefined && request.dimensions !== model.dims) {
          throw new ApiError("invalid_request", {
            param: "dimensions",
            message: `dimensions: the model "${model.id}" has ${model.dims} dimensions and no others.`,
          });
        }
        const entries = await embedAll(c, model, inputs);
        const encode = request.encoding_format === "base64" ? toBase64 : toNumbers;
        return c.json({
          object: "list",
          model: model.id,
          data: entries.map((entry, index) => ({
            object: "embedding" as const,
            index,
            embedding: encode(entry),
            ...(entry.truncated && { truncated: true as const }),
          })),
          usage: usageOf(entries, inputs),
        } satisfies EmbeddingsResponse);
      });
    },
  );
}

const toBase64 = (entry: Embedded): string => bytesToBase64(entry.bytes);
const toNumbers = (entry: Embedded): number[] => Array.from(vectorOf(entry));
