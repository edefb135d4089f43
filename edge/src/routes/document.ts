/** `/openapi.json`: the document that is made from the routes' own schemas. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { ERRORS } from "@sightline/shared/errors";
import type { App } from "../context.ts";

const errorTable = (): string =>
  [
    "| code | status | meaning | what to do |",
    "|---|---|---|---|",
    ...Object.entries(ERRORS).map(([code, e]) => `| \`${code}\` | ${e.status} | ${e.meaning} | ${e.remedy} |`),
  ].join("\n");

export function document(app: OpenAPIHono<App>): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "apiKey", { type: "http", scheme: "bearer" });
  app.get("/openapi.json", (c) =>
    c.json(
      app.getOpenAPI31Document({
        openapi: "3.1.0",
        info: {
          title: "Sightline",
          version: "1.0.0",
          description:
            "One HTTPS API over pictures and text: embeddings, zero-shot classification, ranking and cross-modal search.\n\n" +
            "Send your key as `Authorization: Bearer <key>`.\n\n" +
            `# Errors\n\nEvery error has the same envelope; \`code\` is one of these.\n\n${errorTable()}`,
          license: { name: "Apache-2.0" },
        },
        servers: [{ url: new URL(c.req.url).origin }],
      }),
    ),
  );
}
