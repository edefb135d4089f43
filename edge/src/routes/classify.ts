/** `POST /v1/classify`: zero-shot classification with the caller's labels (Radford et al. 2021, §3.1). */
import { ClassifyRequest, ClassifyResponse } from "@sightline/shared/api/inference";
import { ApiError } from "@sightline/shared/errors";
import { LIMITS } from "@sightline/shared/limits";
import { dot, meanDirection, softmax } from "@sightline/shared/vectors";
import { z } from "zod";
import { vectorOf } from "../embeddings/entry.ts";
import { readBody } from "../http/body.ts";
import { embedAll, type NamedInput, namedInputs, usageOf, withModel, workOf } from "../inference.ts";
import { checkCallSize } from "../middleware/admission.ts";
import { requireScope } from "../middleware/identity.ts";
import type { Router } from "../router.ts";

type Label = z.infer<typeof ClassifyRequest>["labels"][number];

const nameOf = (label: Label): string => (typeof label === "string" ? label : label.label);

/** The prompts that stand for a label: its own, or the template filled with it. */
function promptsOf(label: Label, index: number, template: string): NamedInput[] {
  const input = (text: string, param: string): NamedInput => ({ param, input: { kind: "text", text } });
  return typeof label === "string"
    ? [
        input(
          template.replace("{}", () => label),
          `labels[${index}]`,
        ),
      ]
    : label.prompts.map((prompt, i) => input(prompt, `labels[${index}].prompts[${i}]`));
}

export function classify(router: Router): void {
  router.add(
    {
      method: "post",
      path: "/v1/classify",
      operationId: "classify",
      summary: "Classify images or texts by labels of your own",
      description:
        "Each label becomes one or more prompts; an input's score for a label is the softmax over all labels of the cosine " +
        "to the label's (mean) prompt embedding, times the model's logit scale. One image may also be sent as multipart/form-data.",
      tag: "Inference",
      body: ClassifyRequest,
      bodyTypes: {
        "multipart/form-data": ClassifyRequest.omit({ input: true }).extend({
          image: z.string().meta({ format: "binary" }),
        }),
      },
      answer: ClassifyResponse,
    },
    requireScope("classify"),
    async (c) => {
      const request = await readBody(c, ClassifyRequest, { multipart: (image) => ({ input: { image } }) });
      const inputs = namedInputs(request.input, "input");
      checkCallSize(c, workOf(inputs), "input");
      return withModel(c, "clip", request.model, async (model) => {
        const template = request.template ?? model.defaultTemplate;
        const prompts = request.labels.map((label, i) => promptsOf(label, i, template));

        const all = [...inputs, ...prompts.flat()];
        if (all.length - inputs.length > LIMITS.promptsPerCall) {
          const message = `labels: at most ${LIMITS.promptsPerCall} prompts per call; there are ${all.length - inputs.length}.`;
          throw new ApiError("too_many_inputs", { param: "labels", message });
        }
        const entries = await embedAll(c, model, all);
        const vectors = entries.map(vectorOf);

        let next = inputs.length;
        const labelVectors = prompts.map((group) => {
          const from = next;
          next += group.length;
          return meanDirection(vectors.slice(from, next));
        });
        return c.json({
          model: model.id,
          data: vectors.slice(0, inputs.length).map((vector, index) => {
            const cosines = labelVectors.map((labelVector) => dot(vector, labelVector));
            const scores = softmax(cosines, model.logitScale);
            const labels = request.labels.map((label, i) => ({
              label: nameOf(label),
              score: scores[i] ?? 0,
              cosine: cosines[i] ?? 0,
            }));
            return { index, labels: labels.sort((a, b) => b.score - a.score) };
          }),
          usage: usageOf(entries, all),
        } satisfies ClassifyResponse);
      });
    },
  );
}
