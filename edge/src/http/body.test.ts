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

describe("a multipart body", () => {
  it("has numbers and truth values where a schema of an endpoint that takes it wants them", async () => {
    const document = (await get("/openapi.json", { key: null })).body as Document;
    const resolved = (schema: Schema): Schema =>
      schema.$ref ? resolved(document.components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}) : schema;
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
