/** What the reference shows is what the schemas say; `dev/src/e2e/reference.e2e.test.ts` sends it to a stack. */
import { ERRORS, ErrorEnvelope } from "@sightline/shared/errors";
import { describe, expect, it } from "vitest";
import { createApp } from "../app.ts";
import { openApiDocument } from "../openapi.ts";
import { errorsOf } from "./errors.ts";
import { EXAMPLES } from "./examples/index.ts";
import { TAGS } from "./introduction.ts";

const { docs } = createApp();

describe.each(docs.map((doc) => [doc.operationId, doc] as const))("the reference of %s", (id, doc) => {
  const example = EXAMPLES[id];

  it("shows an answer of its schema", () => {
    expect(example).toBeDefined();
    if (doc.answer) doc.answer.parse(example?.answer);
    else expect(Object.keys(doc.answerTypes ?? {}), "an answer that is not JSON").toHaveLength(1);
  });

  it("shows requests of its schemas", () => {
    expect(Object.keys(example?.bodies ?? {}).length > 0, "bodies").toBe(doc.body !== undefined);
    for (const body of Object.values(example?.bodies ?? {})) doc.body?.parse(body);
    expect(Object.keys(example?.params ?? {}).sort()).toEqual(pathParameters(doc.path).sort());
    doc.params?.parse(example?.params);
    doc.query?.parse(example?.query ?? {});
  });

  it("stands under a tag that is explained", () => {
    expect(Object.keys(TAGS)).toContain(doc.tag);
  });
});

const pathParameters = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));

describe("the reference", () => {
  it("shows nothing of operations that there are not", () => {
    const known = docs.map(({ operationId }) => operationId);
    expect(Object.keys(EXAMPLES).filter((id) => !known.includes(id))).toEqual([]);
  });

  it("shows each error of the catalogue as it is answered, and says which operations answer it", () => {
    const { components } = openApiDocument(docs, "https://api.test") as {
      components: { examples: Record<string, { value: unknown }> };
    };
    for (const [code, { value }] of Object.entries(components.examples)) {
      expect(ErrorEnvelope.parse(value).error.code).toBe(code);
    }
    // Of paths and methods that there are not, which no operation has; and of a single item inside an answer.
    const elsewhere = ["not_found", "method_not_allowed", "collection_migrating"];
    expect([...Object.keys(components.examples), ...elsewhere].sort()).toEqual(Object.keys(ERRORS).sort());
  });

  it("has an error for every operation that can be refused", () => {
    for (const doc of docs.filter(({ access }) => access !== "public")) {
      expect([...errorsOf(doc).keys()], doc.operationId).toEqual(expect.arrayContaining([401, 500]));
    }
  });
});
