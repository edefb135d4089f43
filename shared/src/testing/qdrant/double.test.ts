/** The double against what Qdrant's documentation and OpenAPI document say, without the adapter that it is to test. */
import { beforeEach, describe, expect, it } from "vitest";
import { QdrantDouble } from "./double.ts";

const ID = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"] as const;

let double: QdrantDouble;
beforeEach(async () => {
  double = new QdrantDouble({ isStrict: false });
  await ask("PUT", "/collections/c", { vectors: { size: 2, distance: "Cosine" } });
});

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await double.fetch(new Request(`http://qdrant.test${path}`, init));
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: answers are inspected field by field in tests
  return { status: response.status, body: (text.startsWith("{") ? JSON.parse(text) : text) as any };
}

const upsert = (points: readonly object[], wait = true) => ask("PUT", `/collections/c/points?wait=${wait}`, { points });
const scroll = async (request: object = {}) => (await ask("POST", "/collections/c/points/scroll", request)).body.result;
const count = async (filter: object) =>
  (await ask("POST", "/collections/c/points/count", { filter })).body.result.count;

describe("the Qdrant double", () => {
  it.each([
    ["a field that does not exist", "scroll", { limt: 3 }],
    [
      "a field of a condition that does not exist",
      "count",
      { filter: { must: [{ key: "a", matches: { value: 1 } }] } },
    ],
    ["a condition that tests nothing", "count", { filter: { must: [{ key: "a" }] } }],
    ["a fraction to match", "count", { filter: { must: { key: "a", match: { value: 0.5 } } } }],
    ["a text as a bound", "count", { filter: { must: { key: "a", range: { gt: "x" } } } }],
    ["an id that is neither number nor UUID", "scroll", { offset: "item-1" }],
    ["a limit of 0", "query", { query: [1, 0], limit: 0 }],
    ["a vector of another length", "query", { query: [1, 0, 0] }],
  ])("refuses %s with 400 and says why", async (_, endpoint, request) => {
    const { status, body } = await ask("POST", `/collections/c/points/${endpoint}`, request);
    expect(status).toBe(400);
    expect(body).toEqual({ status: { error: expect.any(String) }, time: expect.any(Number) });
  });

  it("refuses a payload key that is no path", async () => {
    await upsert([{ id: 1, vector: [1, 0], payload: { a: 1 } }]);
    const filter = { must: { is_empty: { key: "a b" } } };
    expect((await ask("POST", "/collections/c/points/count", { filter })).status).toBe(400);
  });

  it("knows no collection that was not made, and makes none twice", async () => {
    const missing = await ask("POST", "/collections/none/points/scroll", {});
    expect(missing).toMatchObject({
      status: 404,
      body: { status: { error: "Not found: Collection `none` doesn't exist!" } },
    });
    const again = await ask("PUT", "/collections/c", { vectors: { size: 2, distance: "Cosine" } });
    expect(again.status).toBe(409);
  });

  it("acknowledges a write that nobody waits for, and does it later", async () => {
    const { body } = await upsert([{ id: 1, vector: [1, 0] }], false);
    expect(body.result.status).toBe("acknowledged");
    expect((await scroll()).points).toEqual([]);
    await expect.poll(async () => (await scroll()).points.length).toBe(1);
    expect((await upsert([{ id: 2, vector: [1, 0] }])).body.result.status).toBe("completed");
    expect((await scroll()).points).toHaveLength(2);
  });

  it("stores all points of a request or none, vectors normalised, and replaces payloads whole", async () => {
    expect((await upsert([1, 2].map((id) => ({ id, vector: id === 1 ? [1, 0] : [1] })))).status).toBe(400);
    expect(await count({})).toBe(0);
    await upsert([{ id: 1, vector: [3, 4], payload: { a: 1 } }]);
    await upsert([{ id: 1, vector: [3, 4], payload: { b: 2 } }]);
    const { points } = await scroll({ with_vector: true });
    expect(points).toEqual([{ id: 1, payload: { b: 2 }, vector: [expect.closeTo(0.6), expect.closeTo(0.8)] }]);
  });

  it("scrolls by id, numbers before UUIDs, from the offset on, and names the next", async () => {
    await upsert([ID[1], 7, ID[0], 2].map((id) => ({ id, vector: [1, 0] })));
    const first = await scroll({ limit: 3 });
    expect(first.points.map((p: { id: unknown }) => p.id)).toEqual([2, 7, ID[0]]);
    expect(first.next_page_offset).toBe(ID[1]);
    const rest = await scroll({ limit: 3, offset: ID[1] });
    expect(rest).toMatchObject({ points: [{ id: ID[1] }], next_page_offset: null });
    expect((await scroll({ filter: { must: { has_id: [7, ID[0]] } } })).points).toHaveLength(2);
  });

  it("scores by cosine, and leaves out what only equals the threshold", async () => {
    await upsert([
      { id: 1, vector: [1, 0], payload: { a: 1 } },
      { id: 2, vector: [0, 2] },
      { id: 3, vector: [-1, 0] },
    ]);
    const query = async (more: object) =>
      (await ask("POST", "/collections/c/points/query", { query: [5, 0], ...more })).body.result.points;
    expect((await query({})).map((p: { score: number }) => p.score)).toEqual([1, 0, -1]);
    expect(await query({ score_threshold: 0, with_payload: ["a"] })).toMatchObject([{ id: 1, payload: { a: 1 } }]);
    expect(await query({ score_threshold: 1 })).toEqual([]);
  });

  it.each([
    ["a match of an element of a list", { key: "tags", match: { value: "new" } }, 1],
    ["a match of any", { key: "colour", match: { any: ["red", "blue"] } }, 1],
    ["a range of an element", { key: "sizes[]", range: { gt: 1, lte: 20 } }, 1],
    ["no match of another type", { key: "price", match: { value: "3" } }, 0],
    ["no match inside a list of objects without brackets", { key: "parts.n", match: { value: 1 } }, 0],
    ["a match inside a list of objects with them", { key: "parts[].n", match: { value: 1 } }, 1],
    ["a quoted name", { key: 'odd."a.b"', match: { value: true } }, 1],
    ["emptiness of null, of an empty list and of nothing", { is_empty: { key: "nothing" } }, 2],
    ["emptiness of no list of nulls", { is_empty: { key: "nulls" } }, 1],
    ["null where there is one, not where nothing is", { is_null: { key: "nothing" } }, 1],
  ])("finds %s", async (_, condition, expected) => {
    const payload = {
      colour: "red",
      price: 3,
      tags: ["old", "new"],
      sizes: [1, 20],
      parts: [{ n: 1 }, { n: 2 }],
      odd: { "a.b": true },
      nothing: null,
      nulls: [null],
    };
    await upsert([
      { id: 1, vector: [1, 0], payload },
      { id: 2, vector: [1, 0] },
    ]);
    expect(await count({ must: [condition] })).toBe(expected);
    expect(await count({ must_not: [condition] })).toBe(2 - expected);
  });

  it.each([
    ["a match", { must: { key: "a", match: { value: "x" } } }],
    ["emptiness in a nested filter", { must: [{ must_not: { is_empty: { key: "a" } } }] }],
  ])("filters by %s of a field without an index only where the mode is not strict", async (_, filter) => {
    double = new QdrantDouble();
    await ask("PUT", "/collections/c", { vectors: { size: 2, distance: "Cosine" } });
    const requests = {
      scroll: { filter },
      count: { filter },
      query: { query: [1, 0], filter },
      "delete?wait=true": { filter },
    };
    const statuses = async () => {
      const asked = Object.entries(requests).map(([name, body]) => ask("POST", `/collections/c/points/${name}`, body));
      return (await Promise.all(asked)).map(({ status }) => status);
    };
    expect(await statuses()).toEqual([400, 400, 400, 400]);
    const refusal = await ask("POST", "/collections/c/points/count", { filter });
    expect(refusal.body.status.error).toContain('Index required but not found for "a"');
    await ask("PUT", "/collections/c/index?wait=true", { field_name: "a", field_schema: "keyword" });
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    double.collections.clear();
    await ask("PUT", "/collections/c", { vectors: { size: 2, distance: "Cosine" } });
    await ask("PATCH", "/collections/c", { strict_mode_config: { enabled: false } });
    expect(await statuses()).toEqual([200, 200, 200, 200]);
  });

  it("asks for a key, and lets one that may read do no more", async () => {
    double = new QdrantDouble({ apiKey: "all", readOnlyApiKey: "read", maxRequestBytes: 100 });
    const put = (key?: string, filling = "") =>
      ask("PUT", "/collections/c", { vectors: { size: 2, distance: "Dot" }, filling }, key ? { "api-key": key } : {});
    expect([(await put()).status, (await put("wrong")).status, (await put("read")).status]).toEqual([401, 401, 403]);
    expect((await put("all", "x".repeat(100))).status).toBe(413);
    expect((await ask("GET", "/collections", undefined, { "api-key": "read" })).status).toBe(200);
    expect((await ask("GET", "/")).body).toMatchObject({ version: "1.18.0" });
  });
});
