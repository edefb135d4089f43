/**
 * The OpenAPI 3.1 document, made from the same declarations and zod schemas that the routes run on. zod writes JSON
 * Schema 2020-12 itself, which is what OpenAPI 3.1 takes; schemas with an `id` become components.
 */
import { ImageValue } from "@sightline/shared/api/input";
import { ERRORS, ErrorEnvelope } from "@sightline/shared/errors";
import { z } from "zod";

export interface RouteDoc {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly path: `/${string}`;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Further forms of the body by media type; `http/body.ts` reads them. */
  readonly bodyTypes?: Readonly<Record<string, z.ZodType>>;
  readonly answer?: z.ZodType;
  readonly answerTypes?: Readonly<Record<string, z.ZodType>>;
  /** Honours `Idempotency-Key`. */
  readonly idempotent?: true;
  /** 200 unless said. */
  readonly status?: 200 | 201;
  /** Who may call it: the holder of an API key unless said. */
  readonly access?: "public" | "operator";
}

type Json = Readonly<Record<string, unknown>>;

const COMPONENTS = "#/components/schemas/";

/** Collects named schemas while a document is built. */
class Components {
  readonly schemas: Record<string, Json> = {};

  /** @returns the schema in place; a reference where it has a name. */
  use(schema: z.ZodType): Json {
    const {
      $defs,
      $schema: _dialect,
      id,
      ...json
    } = z.toJSONSchema(schema, {
      // Requests are described as callers write them; answers have no defaults, so for them both directions agree.
      io: "input",
      unrepresentable: "any",
      override({ zodSchema, jsonSchema }) {
        // In JSON an image is always a string; the bytes of its other branch come from multipart and bare bodies.
        if (zodSchema !== ImageValue) return;
        delete jsonSchema.anyOf;
        jsonSchema.type = "string";
      },
    });
    for (const [name, definition] of Object.entries($defs ?? {})) this.#add(name, definition);
    if (typeof id !== "string") return relocated(json);
    this.#add(id, json);
    return { $ref: COMPONENTS + id };
  }

  #add(name: string, schema: Json): void {
    const { id: _name, ...json } = schema;
    this.schemas[name] = relocated(json);
  }
}

/** zod refers to definitions inside one schema; in the document they are components. */
const relocated = (json: Json): Json => JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', `"${COMPONENTS}`));

/** @param origin where the API is served, for example `https://api.example.com`. */
export function openApiDocument(routes: readonly RouteDoc[], origin: string): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, { [route.method]: operation(route, components) });
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Sightline",
      version: "1.0.0",
      description: `${INTRODUCTION}\n\n# Errors\n\nEvery error has the same envelope; its \`code\` is one of these.\n\n${errorTable()}`,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: origin }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer" },
        adminToken: { type: "http", scheme: "bearer", description: "The operator's token." },
      },
    },
  };
}

const SECURITY = { public: [], key: [{ apiKey: [] }], operator: [{ adminToken: [] }] } as const;

function operation(route: RouteDoc, components: Components): Json {
  const content = (main: z.ZodType | undefined, others: RouteDoc["bodyTypes"]): Json =>
    Object.fromEntries(
      Object.entries({ ...(main && { "application/json": main }), ...others }).map(([type, schema]) => [
        type,
        { schema: components.use(schema) },
      ]),
    );
  const error = (description: string): Json => ({ description, content: content(ErrorEnvelope, {}) });
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description && { description: route.description }),
    tags: [route.tag],
    security: SECURITY[route.access ?? "key"],
    parameters: [
      ...parameters("path", route.params, components),
      ...parameters("query", route.query, components),
      ...(route.idempotent ? [IDEMPOTENCY_KEY] : []),
    ],
    ...(route.body && { requestBody: { required: true, content: content(route.body, route.bodyTypes) } }),
    responses: {
      [route.status ?? 200]: {
        description: route.status === 201 ? "Created" : "OK",
        content: content(route.answer, route.answerTypes),
      },
      ...(route.access === "operator" && {
        400: error("The request is not valid; `param` names the field"),
        401: error("The operator's token is missing or not valid"),
        404: error("No such tenant or key"),
        ...(route.body && { 409: error("The state of the tenant does not allow it") }),
        503: error("Temporarily unavailable; see `Retry-After`"),
      }),
      ...(route.access === undefined && {
        400: error("The request is not valid; `param` names the field"),
        401: error("The API key is missing or not valid"),
        403: error("The API key lacks a scope"),
        404: error("No such collection, item or model"),
        ...(route.body && {
          409: error("The collection exists with another model"),
          413: error("The body is too large"),
          415: error("The content type is not accepted"),
        }),
        429: error("The rate limit is used up; see `Retry-After`"),
        503: error("Temporarily unavailable; see `Retry-After`"),
      }),
    },
  };
}

const IDEMPOTENCY_KEY: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  schema: { type: "string", minLength: 1, maxLength: 255 },
  description:
    "Chosen by you, new for each different request. Repeating a request with the same key and body gives the first one's " +
    "answer (with `Idempotency-Replayed: true`) for 24 h; another body is refused with 422, a request still in progress with 409.",
};

function parameters(place: "path" | "query", schema: z.ZodObject | undefined, components: Components): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, type]) => ({
    name,
    in: place,
    required: place === "path",
    schema: components.use(type as z.ZodType),
  }));
}

const INTRODUCTION =
  "One HTTPS API over pictures and text: embeddings, zero-shot classification, ranking, visual entailment and cross-modal search.\n\n" +
  "Send your key as `Authorization: Bearer <key>`.";

const errorTable = (): string =>
  [
    "| code | status | meaning, and what to do |",
    "|---|---|---|",
    ...Object.entries(ERRORS).map(([code, e]) => `| \`${code}\` | ${e.status} | ${e.meaning} ${e.remedy} |`),
  ].join("\n");
