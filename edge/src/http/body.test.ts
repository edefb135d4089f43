import { ApiError } from "@sightline/shared/errors";
import { LIMITS } from "@sightline/shared/limits";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { App } from "../context.ts";
import { deadlineIn } from "../deadline.ts";
import { get } from "../testing/client.ts";
import { readBody, SCALARS } from "./body.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly maxItems?: number;
}

const MULTIPART = "multipart/form-data";

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { requestBody?: { content: Readonly<Record<string, { schema: Schema }>> } }>>
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const openApi = async () => {
  const document = (await get("/openapi.json", { key: null })).body as Document;
  const resolved = (schema: Schema): Schema =>
    schema.$ref ? resolved(document.components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}) : schema;
  return { document, resolved };
};

describe("a schema of a body", () => {
  it("says how long each list may be: zod looks at that first, and keeps a complaint about every element of an endless one", async () => {
    const { document } = await openApi();
    // Metadata may be any JSON; its bytes are counted before it is walked.
    const { JsonValue: _, ...schemas } = document.components.schemas;
    const seen = new Set<Schema>();
    const endless: string[] = [];
    let lists = 0;
    const walk = (schema: Schema, at: string): void => {
      const { $ref, type, items, maxItems, properties = {}, anyOf = [], oneOf = [] } = schema;
      const name = $ref?.split("/").at(-1) ?? "";
      const named = schemas[name];
      if (named && !seen.has(named)) walk(named, name);
      seen.add(schema);
      if (type === "array" && ++lists && maxItems === undefined) endless.push(at);
      if (items) walk(items, `${at}[]`);
      for (const [field, part] of Object.entries(properties)) walk(part, `${at}.${field}`);
      for (const part of [...anyOf, ...oneOf]) walk(part, at);
    };
    for (const [path, methods] of Object.entries(document.paths))
      for (const { requestBody } of Object.values(methods))
        for (const { schema } of Object.values(requestBody?.content ?? {})) walk(schema, path);
    expect(lists).toBeGreaterThan(10);
    expect(endless).toEqual([]);
  });
});

describe("a multipart body", () => {
  it("has numbers and truth values where a schema of an endpoint that takes it wants them", async () => {
    const { document, resolved } = await openApi();
    const takesScalar = (schema: Schema): boolean => {
      const { type = [], anyOf = [], oneOf = [] } = resolved(schema);
      return (
        [type].flat().some((one) => ["number", "integer", "boolean"].includes(one)) ||
        [...anyOf, ...oneOf].some(takesScalar)
      );
    };
    const schemas = Object.values(document.paths)
      .flatMap((path) => Object.values(path))
      .flatMap(({ requestBody }) => requestBody?.content[MULTIPART]?.schema ?? [])
      .map(resolved);
    expect(schemas.length).toBeGreaterThanOrEqual(5);
    const scalars = schemas.flatMap(({ properties = {} }) =>
      Object.keys(properties).filter((name) => takesScalar(properties[name] ?? {})),
    );
    expect([...new Set(scalars)].toSorted()).toEqual([...SCALARS].toSorted());
  });
});

describe("an odd shape", () => {
  const schema = z.strictObject({ query: z.unknown(), filter: z.unknown() }).partial();
  const app = new Hono<App>().post("/", async (c) =>
    c.json(await readBody(c, schema, { multipart: (image) => ({ query: { image } }) })),
  );
  app.onError((error, c) => (error instanceof ApiError ? c.json([error.code, error.param], 400) : c.text("", 500)));

  it.each([
    ["half a character", `{"query":"\\ud83c"}`, "__proto__"],
    ["nesting without end", `{"filter":${'{"not":['.repeat(3000)}1${"]}".repeat(3000)}}`, "__proto__"],
    ["nothing else", `{"query":"a"}`, null],
  ])("hides in no part called __proto__: %s", async (_, hidden, param) => {
    const body = new FormData();
    body.set("image", new Blob(["bytes"]));
    body.set("__proto__", hidden);
    const answer = await app.request("/", { method: "POST", body });
    expect([answer.status, await answer.json()]).toEqual([400, ["invalid_request", param]]);
  });

  it.each([
    ["a field", `{"query":"\\ud83c"}`, "query"],
    ["the body, where it is a list", `[0,"\\ud83c"]`, null],
  ])("is told of %s", async (_, body, param) => {
    const headers = { "content-type": "application/json" };
    const answer = await app.request("/", { method: "POST", headers, body });
    expect([answer.status, await answer.json()]).toEqual([400, ["invalid_request", param]]);
  });
});

describe("a body of millions of values", () => {
  const app = new Hono<App>().post("/", async (c) =>
    c.json(Object.keys((await readBody(c, z.record(z.string(), z.unknown()), { multipart: () => ({}) })) as object)),
  );
  app.onError((error, c) => (error instanceof ApiError ? c.json([error.code], error.status) : c.text("", 500)));
  const list = (length: number) => `[${"{},".repeat(length - 1)}{}]`;

  it("is refused before they are made", async () => {
    const headers = { "content-type": "application/json" };
    const form = new FormData();
    form.set("image", new Blob(["bytes"]));
    for (const name of ["a", "b"]) form.set(name, list(LIMITS.bodyStructure / 4));
    expect((await app.request("/", { method: "POST", body: form })).status).toBe(200);
    form.set("c", "[[]]");
    for (const init of [{ body: `{"list":${list(LIMITS.bodyStructure / 2)}}`, headers }, { body: form }]) {
      const answer = await app.request("/", { method: "POST", ...init });
      expect([answer.status, await answer.json()]).toEqual([413, ["body_too_large"]]);
    }
  });
});

describe("a body that comes slowly", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("leaves the call its whole time", async () => {
    const app = new Hono<App>().post("/", async (c) => {
      c.set("deadline", deadlineIn(LIMITS.deadlineMs));
      await readBody(c, z.unknown());
      return c.json(c.var.deadline.remainingMs());
    });
    const body = new ReadableStream(
      {
        pull(controller) {
          vi.setSystemTime(Date.now() + LIMITS.deadlineMs);
          controller.enqueue(new TextEncoder().encode("{}"));
          controller.close();
        },
      },
      { highWaterMark: 0 }, // not before it is read
    );
    const answer = await app.request("/", { method: "POST", headers: { "content-type": "application/json" }, body });
    expect(await answer.json()).toBe(LIMITS.deadlineMs);
  });
});

describe("a body's bytes", () => {
  it("are not kept beside the value that was made of them", async () => {
    const app = new Hono<App>().post("/", async (c) => {
      await c.req.arrayBuffer();
      return c.json([await readBody(c, z.unknown()), Object.keys(c.req.bodyCache)]);
    });
    const headers = { "content-type": "application/json" };
    const answer = await app.request("/", { method: "POST", headers, body: `{"a":1}` });
    expect(await answer.json()).toEqual([{ a: 1 }, []]);
  });
});
