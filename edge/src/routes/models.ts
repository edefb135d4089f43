/** `GET /v1/models`: what this deployment can do. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { ModelsResponse } from "@sightline/shared/api/inference";
import type { App } from "../context.ts";
import { callContext } from "../inference.ts";
import { declare } from "../openapi.ts";
import { keyValue } from "../redis.ts";

export function models(app: OpenAPIHono<App>): void {
  declare(
    app,
    {
      method: "get",
      path: "/v1/models",
      operationId: "listModels",
      summary: "List the models",
      tag: "Inference",
      answer: ModelsResponse,
    },
    async (c) => {
      const { services, redis } = c.var;
      const list = await services.models.list(services.backend, keyValue(redis), callContext(c));
      const preferred = services.models.defaultOf(list);
      return c.json({
        object: "list",
        data: list.map((model) => ({
          id: model.id,
          object: "model" as const,
          revision: model.revision,
          family: model.family,
          default: model.id === preferred,
          description: model.description,
          license: model.license,
          dims: model.dims,
          context_length: model.contextLength,
          image_size: model.imageSize,
        })),
      } satisfies ModelsResponse);
    },
  );
}
