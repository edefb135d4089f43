/** `GET /v1/models`: what this deployment can do. */
import { ModelsResponse, TASKS } from "@sightline/shared/api/inference";
import { catalogueContext } from "../inference.ts";
import { admit } from "../middleware/admission.ts";
import type { Router } from "../router.ts";

export function models(router: Router): void {
  router.add(
    {
      method: "get",
      path: "/v1/models",
      operationId: "listModels",
      summary: "List the models",
      tag: "Inference",
      answer: ModelsResponse,
    },
    async (c) => {
      const { services } = c.var;
      await admit(c, { read: 1 });
      const list = await services.models.list(catalogueContext(c));
      const families = [...new Set(list.map(({ family }) => family))];
      const defaults = families.map((family) => {
        const id = services.models.defaultOf(family, list);
        return list.find((model) => model.id === id);
      });
      return c.json({
        object: "list",
        data: list.map((model) => ({
          id: model.id,
          object: "model" as const,
          revision: model.revision,
          family: model.family,
          tasks: [...TASKS[model.family]],
          default: defaults.includes(model),
          description: model.description,
          license: model.license,
          dims: model.family === "clip" ? model.dims : null,
          context_length: model.contextLength,
          image_size: model.imageSize,
        })),
      } satisfies ModelsResponse);
    },
  );
}
