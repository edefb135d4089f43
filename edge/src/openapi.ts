/**
 * The OpenAPI 3.1 document, made from the same declarations and zod schemas that the routes run on. zod writes JSON
 * Schema 2020-12 itself, which is what OpenAPI 3.1 takes; schemas with an `id` become components.
 */
import { ImageValue } from "@sightline/shared/api/input";
import { ApiError, ERRORS, type ErrorCode, ErrorEnvelope, toEnvelope } from "@sightline/shared/errors";
import { z } from "zod";
import { errorsOf } from "./reference/errors.ts";
import type { Example } from "./reference/example.ts";
import { EXAMPLES } from "./reference/examples/index.ts";
import { INTRODUCTION, TAGS } from "./reference/introduction.ts";

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
  /** What 503 means, where it comes with the same answer as success and not with an error. */
  readonly unready?: string;
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
    const added = relocated(json);
    const known = this.schemas[name];
    // The second would stand for the first wherever that is meant.
    if (known && JSON.stringify(known) !== JSON.stringify(added)) throw new Error(`two schemas are called ${name}`);
    this.schemas[name] = added;
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
      description: INTRODUCTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: origin }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: components.schemas,
      examples: errorExamples(routes),
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer" },
        adminToken: { type: "http", scheme: "bearer", description: "The operator's token." },
      },
    },
  };
}

const SECURITY = { public: [], key: [{ apiKey: [] }], operator: [{ adminToken: [] }] } as const;

function operation(route: RouteDoc, components: Components): Json {
  const { params, query, bodies, answer }: Partial<Example> = EXAMPLES[route.operationId] ?? {};
  const content = (main: z.ZodType | undefined, others: RouteDoc["bodyTypes"], shown: Json): Json =>
    Object.fromEntries([
      ...(main ? [["application/json", { schema: components.use(main), ...shown }]] : []),
      ...Object.entries(others ?? {}).map(([type, schema]) => [
        type,
        { schema: components.use(schema), ...(main ? {} : shown) },
      ]),
    ]);
  const success = {
    description: route.status === 201 ? "Created" : "OK",
    content: content(route.answer, route.answerTypes, { example: answer }),
  };
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description && { description: route.description }),
    tags: [route.tag],
    security: SECURITY[route.access ?? "key"],
    parameters: [
      ...parameters("path", route.params, params, components),
      ...parameters("query", route.query, query, components),
      ...(route.idempotent ? [IDEMPOTENCY_KEY] : []),
    ],
    ...(route.body && {
      requestBody: {
        required: true,
        content: content(route.body, route.bodyTypes, { examples: named(bodies ?? {}) }),
      },
    }),
    responses: {
      [route.status ?? 200]: success,
      ...(route.unready && { 503: { ...success, description: route.unready } }),
      ...Object.fromEntries([...errorsOf(route)].map(([status, codes]) => [status, refusal(codes, components)])),
    },
  };
}

const named = (bodies: NonNullable<Example["bodies"]>): Json =>
  Object.fromEntries(
    Object.entries(bodies).map(([summary, value]) => [
      summary.toLowerCase().replaceAll(/\W+/g, "-"),
      { summary, value },
    ]),
  );

/** One status, with each error that may come with it. */
const refusal = (codes: readonly ErrorCode[], components: Components): Json => ({
  description: codes.map((code) => ERRORS[code].meaning).join(" "),
  content: {
    "application/json": {
      schema: components.use(ErrorEnvelope),
      examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
    },
  },
});

const errorExamples = (routes: readonly RouteDoc[]): Json => {
  const codes = new Set(routes.flatMap((route) => [...errorsOf(route).values()].flat()));
  return Object.fromEntries(
    [...codes].map((code) => [
      code,
      { summary: ERRORS[code].meaning, value: toEnvelope(new ApiError(code), "req_5f0c9a7be1d24c3f8a6b0e9d7c412f35") },
    ]),
  );
};

const IDEMPOTENCY_KEY: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  schema: { type: "string", minLength: 1, maxLength: 255 },
  description:
    "Chosen by you, new for each different request. Repeating a request with the same key and body gives the first one's " +
    "answer (with `Idempotency-Replayed: true`) for 24 h; another body is refused with 422, a request still in progress with 409. " +
    "An answer by which nothing was done, or that has more than 4 kB for each compute unit of its call, is not kept: a repetition is a new call.",
};

function parameters(
  place: "path" | "query",
  schema: z.ZodObject | undefined,
  examples: Example["params"],
  components: Components,
): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, type]) => ({
    name,
    in: place,
    required: place === "path",
    schema: components.use(type as z.ZodType),
    // What is sent is text; what is described may be a number.
    ...(examples?.[name] !== undefined && { example: (type as z.ZodType).parse(examples[name]) }),
  }));
}
