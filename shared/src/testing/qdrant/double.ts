/**
 * A Qdrant in memory, for tests where there is none: the endpoints that are in use, with the meaning that Qdrant's
 * documentation gives them, its errors and its envelope. It searches exactly, has one node, and loses everything at its end.
 */
import { z } from "zod";
import { RESULTS, type Results } from "./answers.ts";
import { BadInput, DoubleCollection } from "./collection.ts";
import * as requests from "./requests.ts";
import { type Answer, type Call, ONE, Refusal, type Route } from "./route.ts";
import { DoubleSnapshots, SNAPSHOT_ROUTES } from "./snapshots.ts";

interface DoubleOptions {
  readonly version?: string;
  /** Asked for of every request if given. */
  readonly apiKey?: string;
  /** May read only. */
  readonly readOnlyApiKey?: string;
  readonly maxRequestBytes?: number;
  /** Whether new collections are strict unless they ask for it not: so in Qdrant Cloud, and here by default; else they are not. */
  readonly isStrict?: boolean;
}

/** How much later than its acknowledgement a write is applied that nobody waits for. */
const APPLY_LATER_MS = 30;

const ROUTES: readonly Route[] = [
  {
    method: "GET",
    pattern: /^\/collections$/,
    reads: true,
    answer: (double) => ({ collections: { collections: [...double.collections.keys()].map((name) => ({ name })) } }),
  },
  {
    method: "GET",
    pattern: new RegExp(`^${ONE}$`),
    reads: true,
    answer: (double, { collection }) => ({ collection: double.find(collection).info() }),
  },
  {
    method: "PUT",
    pattern: new RegExp(`^${ONE}$`),
    answer: (double, { collection, body }) => {
      const config = parse(requests.CreateCollection, body);
      if (double.collections.has(collection)) {
        throw new Refusal(409, `Wrong input: Collection \`${collection}\` already exists!`);
      }
      const strict = { enabled: double.isStrict, ...config.strict_mode_config };
      double.collections.set(collection, new DoubleCollection({ ...config, strict_mode_config: strict }));
      return { done: true };
    },
  },
  {
    method: "PATCH",
    pattern: new RegExp(`^${ONE}$`),
    answer: (double, { collection, body }) => {
      double.find(collection).update(parse(requests.UpdateCollection, body));
      return { done: true };
    },
  },
  {
    method: "DELETE",
    pattern: new RegExp(`^${ONE}$`),
    answer: (double, { collection }) => {
      double.collections.delete(collection);
      return { done: true };
    },
  },
  {
    method: "PUT",
    pattern: new RegExp(`^${ONE}/index$`),
    answer: (double, call) => {
      const { field_name: field, field_schema: schema } = parse(requests.CreateFieldIndex, call.body);
      const params = schema === "keyword" ? { type: schema } : schema;
      return double.update(call, (collection) => collection.createIndex(field, params));
    },
  },
  {
    method: "PUT",
    pattern: new RegExp(`^${ONE}/points$`),
    answer: (double, call) => {
      const points = parse(requests.UpsertPoints, call.body);
      return double.update(call, (collection) => collection.upsert(points));
    },
  },
  {
    method: "POST",
    pattern: new RegExp(`^${ONE}/points/delete$`),
    answer: (double, call) => {
      const selector = parse(requests.DeletePoints, call.body);
      return double.update(call, (collection) => collection.delete(selector));
    },
  },
  {
    method: "POST",
    pattern: new RegExp(`^${ONE}/points/scroll$`),
    reads: true,
    answer: (double, { collection, body }) => ({
      page: double.find(collection).scroll(parse(requests.ScrollPoints, body)),
    }),
  },
  {
    method: "POST",
    pattern: new RegExp(`^${ONE}/points/count$`),
    reads: true,
    answer: (double, { collection, body }) => ({
      count: double.find(collection).count(parse(requests.CountPoints, body)),
    }),
  },
  {
    method: "POST",
    pattern: new RegExp(`^${ONE}/points/query$`),
    reads: true,
    answer: (double, { collection, body }) => ({
      scored: double.find(collection).query(parse(requests.QueryPoints, body)),
    }),
  },
  ...SNAPSHOT_ROUTES,
];

export class QdrantDouble {
  readonly collections = new Map<string, DoubleCollection>();
  readonly snapshots = new DoubleSnapshots();
  readonly isStrict: boolean;
  readonly #options: DoubleOptions;

  constructor(options: DoubleOptions = {}) {
    this.isStrict = options.isStrict ?? true;
    this.#options = options;
  }

  /** Answers a request as Qdrant does. */
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const { version = "1.18.0", maxRequestBytes = 32 * 1024 * 1024 } = this.#options;
    if (pathname === "/") return Response.json({ title: "qdrant - vector search engine", version });
    const route = ROUTES.find(({ method, pattern }) => method === request.method && pattern.test(pathname));
    if (!route) return new Response(null, { status: 404 });
    const form = route.takesForm ? await request.formData() : undefined;
    const text = form ? "" : await request.text();
    if (text.length > maxRequestBytes) return new Response("payload too large", { status: 413 });
    try {
      this.#authorise(request, route);
      const [, collection = "", name = ""] = (route.pattern.exec(pathname) ?? []).map(decodeURIComponent);
      if (/[<>:"/\\|?*\0]/.test(collection)) throw new Refusal(422, "Validation error in path parameters");
      const body = text === "" ? undefined : JSON.parse(text);
      const waits = searchParams.get("wait") === "true";
      return succeed(await route.answer(this, { collection, name, body, form, waits, query: searchParams }));
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(...refusalOf(error));
      // Without an envelope, as Qdrant has it.
      if (refusal.status === 401) return new Response(refusal.message, { status: 401 });
      return Response.json({ status: { error: refusal.message }, time: 0.001 }, { status: refusal.status });
    }
  }

  find(name: string): DoubleCollection {
    const collection = this.collections.get(name);
    if (!collection) throw new Refusal(404, `Not found: Collection \`${name}\` doesn't exist!`);
    return collection;
  }

  /** Does a write now, or later if nobody waits for it. */
  update({ collection: name, waits }: Call, write: (collection: DoubleCollection) => number): Pick<Results, "update"> {
    const collection = this.find(name);
    if (waits) return { update: { operation_id: write(collection), status: "completed" } };
    setTimeout(() => write(collection), APPLY_LATER_MS);
    return { update: { operation_id: null, status: "acknowledged" } };
  }

  #authorise(request: Request, { reads }: Route): void {
    const { apiKey, readOnlyApiKey } = this.#options;
    if (apiKey === undefined) return;
    const given = request.headers.get("api-key");
    if (given === null) throw new Refusal(401, "Must provide an API key or an Authorization bearer token");
    if (given === apiKey) return;
    if (given !== readOnlyApiKey) throw new Refusal(401, "Invalid API key or JWT");
    if (!reads) throw new Refusal(403, "Forbidden: Global manage access is required");
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, `Format error in JSON body: ${z.prettifyError(parsed.error)}`);
}

/** @throws Error, which is a fault of the double, if the answer is not one of Qdrant's. */
function succeed(answer: Answer | Response): Response {
  if (answer instanceof Response) return answer;
  for (const [kind, result] of Object.entries(answer)) RESULTS[kind as keyof Results].parse(result);
  return Response.json({ result: Object.values(answer)[0], status: "ok", time: 0.001 });
}

function refusalOf(error: unknown): [number, string] {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BadInput) return [400, message];
  if (error instanceof SyntaxError || error instanceof RangeError)
    return [400, `Format error in JSON body: ${message}`];
  return [500, `Service internal error: ${message}`];
}
