import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, call, expectError, post } from "../testing/client.ts";
import { collectionWith, picture } from "../testing/collections.ts";
import { png } from "../testing/images.ts";

const ids = (answer: Answer): string[] => answer.body.results.map((r: { id: string }) => r.id);

describe("search", () => {
  let name: string;
  beforeAll(async () => {
    name = await collectionWith([
      { id: "apple", text: "red apple", metadata: { kind: "fruit", n: 1 } },
      { id: "car", text: "racing car", metadata: { kind: "vehicle", n: 2 } },
      { id: "cat", text: "black cat", metadata: { kind: "animal", n: 3, tags: ["pet"] } },
      { id: "blob", image: await picture(255, 0, 0), metadata: { kind: "shape" } },
    ]);
  });
  const search = (json: object) => post(`/v1/collections/${name}/search`, json);

  it("by text finds the same words first, with cosine 1", async () => {
    const answer = await search({ query: "racing car" });
    expect(ids(answer)[0]).toBe("car");
    expect(answer.body.results[0].score).toBeCloseTo(1, 3);
    expect(answer.body.results[0].metadata).toEqual({ kind: "vehicle", n: 2 });
    expect(answer.headers.get("server-timing")).toContain("search;dur=");
  });

  it("by image finds the same picture first", async () => {
    expect(ids(await search({ query: { image: await picture(255, 0, 0) }, modality: "image" }))).toEqual(["blob"]);
  });

  it("by a stored id leaves that item out", async () => {
    const answer = await search({ query: { id: "cat" }, top_k: 2 });
    expect(ids(answer)).toHaveLength(2);
    expect(ids(answer)).not.toContain("cat");
  });

  it("by a vector equals search by the text that it came from", async () => {
    const { body } = await post("/v1/embeddings", { input: "black cat" });
    const byVector = await search({ query: { embedding: body.data[0].embedding } });
    const byText = await search({ query: "black cat" });
    expect(byVector.body.results).toEqual(byText.body.results);
  });

  it("narrows by filter, modality, top_k and threshold", async () => {
    expect(
      ids(await search({ query: "car", filter: { all: [{ field: "kind", in: ["fruit", "animal"] }] } })).sort(),
    ).toEqual(["apple", "cat"]);
    expect(ids(await search({ query: "car", filter: { field: "tags", eq: "pet" } }))).toEqual(["cat"]);
    expect(ids(await search({ query: "car", modality: "text", top_k: 1 }))).toHaveLength(1);
    expect(ids(await search({ query: "racing car", score_threshold: 0.99 }))).toEqual(["car"]);
  });

  it("returns only what is included", async () => {
    const bare = await search({ query: "cat", include: [] });
    expect(Object.keys(bare.body.results[0]).sort()).toEqual(["id", "modality", "score"]);
    const vectors = await search({ query: "cat", include: ["embedding"] });
    expect(vectors.body.results[0].embedding.length).toBeGreaterThan(100);
  });

  it.each([
    ["no query", {}, 400, "invalid_request", "query"],
    ["top_k 0", { query: "a", top_k: 0 }, 400, "invalid_request", "top_k"],
    ["top_k over the limit", { query: "a", top_k: 201 }, 400, "invalid_request", "top_k"],
    ["an unknown item", { query: { id: "nope" } }, 404, "item_not_found", "query.id"],
    ["a short vector", { query: { embedding: [1] } }, 400, "vector_invalid", "query.embedding"],
    [
      "an operator that does not exist",
      { query: "a", filter: { field: "n", like: "x" } },
      400,
      "unknown_field",
      "filter.like",
    ],
    ["a filter of nothing", { query: "a", filter: {} }, 400, "invalid_request", "filter"],
    ["a filter of no conditions", { query: "a", filter: { all: [] } }, 400, "empty_input", "filter.all"],
    ["a condition without operator", { query: "a", filter: { field: "n" } }, 400, "invalid_request", "filter"],
    ["a comparison with null", { query: "a", filter: { field: "n", eq: null } }, 400, "invalid_request", "filter.eq"],
    ["a comparison with a list", { query: "a", filter: { field: "n", eq: [1] } }, 400, "invalid_request", "filter.eq"],
    ["a list of nothing", { query: "a", filter: { field: "n", in: [] } }, 400, "empty_input", "filter.in"],
    [
      "a text for a truth value",
      { query: "a", filter: { field: "n", exists: "yes" } },
      400,
      "invalid_request",
      "filter.exists",
    ],
    [
      "a number compared with a text",
      { query: "a", filter: { field: "n", gt: "x" } },
      400,
      "invalid_request",
      "filter.gt",
    ],
  ])("refuses %s", async (_, json, status, code, param) => {
    expectError(await search(json), status, code, param);
  });

  it("refuses a collection that is not there", async () => {
    expectError(await post("/v1/collections/none/search", { query: "a" }), 404, "collection_not_found");
  });

  it("refuses half a character, in the query and in a filter", async () => {
    const half = "Fresh \ud83c";
    expectError(await search({ query: half }), 400, "invalid_request", "query");
    const filter = { field: "title", eq: half };
    expectError(await search({ query: "x", filter }), 400, "invalid_request", "filter");
  });

  it("refuses a filter that nests without end, as JSON and as multipart", async () => {
    const filter = `${'{"all":['.repeat(20_000)}${"]}".repeat(20_000)}`;
    const form = new FormData();
    form.set("image", new Blob([await png(1, 2, 3)]));
    form.set("filter", filter);
    expectError(await call("POST", `/v1/collections/${name}/search`, { body: form }), 400, "invalid_request", "filter");
    const body = `{"query":"a","filter":${filter}}`;
    const headers = { "content-type": "application/json" };
    expectError(
      await call("POST", `/v1/collections/${name}/search`, { body, headers }),
      400,
      "invalid_request",
      "filter",
    );
  });

  it("takes an image as multipart", async () => {
    const form = new FormData();
    form.set("image", new Blob([await png(255, 0, 0)]));
    form.set("top_k", "1");
    form.set("distinct", "0.97");
    expect(ids(await call("POST", `/v1/collections/${name}/search`, { body: form }))).toHaveLength(1);
  });
});
