/** Every request that the reference shows, sent as it stands to the stack that publishes it: one story of a tenant and its shop. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { type Stack, startStack } from "../testing/stack.ts";

/** In an order in which each finds what it needs. */
const STORY = [
  ["health", "readiness"],
  ["createTenant", "listTenants", "getTenant", "updateTenant", "createKey", "listKeys", "updateKey"],
  ["listModels", "createEmbeddings", "classify", "rank", "entail"],
  ["putCollection", "listCollections", "getCollection", "putItems", "listItems", "getItem", "getItemImage", "search"],
  ["listTenantCollections", "verifyCollection", "startMigration", "getMigration"],
  // Earlier writes may be under way for half a minute yet: meanwhile the rest.
  ["putRouting", "getRouting", "deleteRouting", "createSnapshot", "listSnapshots", "restoreSnapshot"],
  ["deleteSnapshot", "getUsage", "getTenantUsage", "getMetrics"],
  ["copyItems", "switchMigration", "rollBackMigration", "endMigration"],
  ["deleteItem", "deleteItems", "deleteCollection", "rotateKey", "revokeKey", "deleteTenant"],
].flat();

const Named = z.record(z.string(), z.object({ value: z.unknown().optional() }));
const Media = z.object({ schema: z.unknown(), example: z.unknown().optional(), examples: Named.optional() });
const Operation = z.object({
  operationId: z.string(),
  security: z.array(z.record(z.string(), z.unknown())),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), example: z.unknown().optional() })),
  requestBody: z.object({ content: z.record(z.string(), Media) }).optional(),
  responses: z.record(z.string(), z.object({ content: z.record(z.string(), Media) })),
});
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

interface Call extends z.infer<typeof Operation> {
  readonly method: string;
  readonly path: string;
}

let stack: Stack;
let calls: ReadonlyMap<string, Call>;
let schemas: z.infer<typeof Document>["components"]["schemas"];
/** Texts of the reference, and what stands in their place here: ids and keys that only the service can make. */
const real = new Map<string, string>();

beforeAll(async () => {
  stack = await startStack(inject("stackDir"));
  const document = Document.parse(await (await fetch(`${stack.url}/openapi.json`)).json());
  schemas = document.components.schemas;
  const all = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
  calls = new Map(all.map((call) => [call.operationId, call]));
});
afterAll(() => stack?.end("SIGTERM"));

async function send({ method, path, parameters, security }: Call, body: unknown): Promise<Response> {
  const at = new URL(stack.url);
  const example = (place: string) =>
    parameters
      .filter((p) => p.in === place && p.example !== undefined)
      .map((p) => [p.name, String(p.example)] as const);
  const params = new Map(example("path"));
  at.pathname = path.replaceAll(/\{(\w+)\}/g, (_, name) => inPlaceOf(params.get(name) ?? ""));
  for (const [name, value] of example("query")) at.searchParams.set(name, value);
  const key = security.some((one) => "adminToken" in one) ? stack.adminToken : real.get("key");
  return fetch(at, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const inPlaceOf = (text: string): string => real.get(text) ?? text;

/** What they make gets its name from the service. */
const NAMERS = ["createKey", "createSnapshot"];

/** Whether the same fields are there, of the same types; of a list, whether what is shown is somewhere in it. */
function isLike(shown: unknown, answered: unknown): boolean {
  if (Array.isArray(shown)) return Array.isArray(answered) && shown.every((one) => likeOf(one, answered) !== undefined);
  if (!isRecord(shown) || !isRecord(answered)) return typeof shown === typeof answered;
  const fields = new Set([...Object.keys(shown), ...Object.keys(answered)]);
  return [...fields].every((field) => isLike(shown[field], answered[field]));
}

const likeOf = (shown: unknown, list: readonly unknown[]): unknown => list.find((one) => isLike(shown, one));

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Remembers what the service called what the reference calls otherwise. */
function learn(shown: unknown, answered: unknown): void {
  if (typeof shown === "string" && typeof answered === "string") real.set(shown, answered);
  if (Array.isArray(shown) && Array.isArray(answered)) for (const one of shown) learn(one, likeOf(one, answered));
  if (!isRecord(shown) || !isRecord(answered)) return;
  for (const [field, value] of Object.entries(shown)) learn(value, answered[field]);
}

/** As zod understands it: definitions stand in the schema itself. */
const schemaOf = (json: unknown): z.ZodType =>
  z.fromJSONSchema(
    JSON.parse(JSON.stringify({ ...(json as object), $defs: schemas }).replaceAll("#/components/schemas/", "#/$defs/")),
  );

describe("the reference", () => {
  it("has no operation that is left out here", () => {
    expect([...calls.keys()].sort()).toEqual([...STORY].sort());
  });

  it.each(STORY)("%s can be sent as it is shown, and answers as it is shown", { timeout: 120_000 }, async (id) => {
    const call = calls.get(id)!;
    const [[status, { content }]] = Object.entries(call.responses) as [[string, (typeof call.responses)[string]]];
    const [[type, { schema, example }]] = Object.entries(content) as [[string, z.infer<typeof Media>]];
    const bodies = Object.values(call.requestBody?.content["application/json"]?.examples ?? {});
    expect(bodies.length > 0).toBe(call.requestBody !== undefined);

    for (const [i, body] of (bodies.length > 0 ? bodies.map(({ value }) => value) : [undefined]).entries()) {
      const response = await untilDone(call, body);
      const text = await response.text();
      expect([response.status, response.headers.get("content-type")?.split(";")[0]], text).toEqual([
        Number(status),
        type,
      ]);
      if (type !== "application/json") return;
      const answered: unknown = JSON.parse(text);
      schemaOf(schema).parse(answered);
      if (i > 0) continue;
      expect(isLike(example, answered), `${JSON.stringify(example)} is shown, ${text} is answered`).toBe(true);
      if (NAMERS.includes(id)) learn(example, answered);
      if (id === "createKey") real.set("key", (answered as { key: string }).key);
    }
  });
});

/** Some calls are made again until what they wait for is over, as their descriptions say. */
async function untilDone(call: Call, body: unknown): Promise<Response> {
  for (;;) {
    const response = await send(call, body);
    const answer = await response
      .clone()
      .json()
      .catch(() => ({}));
    const isCopying = answer.status === "waiting" || answer.status === "copying";
    const isMaking = answer.data?.some?.(({ status }: { status?: string }) => status === "making");
    const isUnderWay =
      (call.operationId === "copyItems" && isCopying) || (call.operationId === "listSnapshots" && isMaking);
    if (!isUnderWay && answer.error?.code !== "snapshot_conflict") return response;
    await delay(1000 * Math.min(5, answer.wait_seconds ?? 1));
  }
}
