import { bytesToBase64 } from "@sightline/shared/vectors";
import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, call, expectError, post, put } from "../testing/client.ts";
import { png } from "../testing/images.ts";

const PATH = `/v1/collections/search-${crypto.randomUUID().slice(0, 8)}`;
const search = (body: object): Promise<Answer> => post(`${PATH}/search`, body);
const ids = ({ status, body }: Answer): string[] => {
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.results.map(({ id }: { id: string }) => id);
};

const TEXTS = ["red apple", "green apple", "banana", "racing car", "red car", "cat"];

beforeAll(async () => {
  await put(PATH, {});
  const items = TEXTS.map((text) => ({ id: text.replace(" ", "-"), text, metadata: { words: text.length } }));
  const image = bytesToBase64(await png(8, 9, 10));
  const pictures = ["picture", "copy"].map((id) => ({ id, image }));
  const answer = await put(`${PATH}/items`, { items: [...items, ...pictures] });
  expect(answer.body).toMatchObject({ succeeded: 8, failed: 0 });
});

describe("several queries", () => {
  it("are fused by their ranks", async () => {
    const fused = await search({ query: ["red apple", "red car"], modality: "text", top_k: 2 });
    expect(ids(fused).sort()).toEqual(["red-apple", "red-car"]);
    expect(fused.body.results[0].score).toBeLessThanOrEqual(2 / 61);
  });

  it("may be of different kinds, and leave out the items that they name", async () => {
    const query = [{ id: "cat" }, "cat", { image: bytesToBase64(await png(8, 9, 10)) }];
    const found = ids(await search({ query, top_k: 8 }));
    expect(found).not.toContain("cat");
    expect(found).toHaveLength(7);
  });

  it("of one are like a single one", async () => {
    const single = await search({ query: "racing car" });
    expect((await search({ query: ["racing car"] })).body).toEqual(single.body);
  });

  it("come with what is asked for of each result, however they were found", async () => {
    const include = ["metadata", "embedding"];
    const { body: single } = await search({ query: "red apple", modality: "text", include });
    const wanted = new Map(single.results.map((one: { id: string }) => [one.id, one]));
    for (const more of [{ query: ["red apple", "red car"] }, { query: "red car", distinct: 1 }]) {
      const { body } = await search({ modality: "text", include, ...more });
      expect(body.results).toHaveLength(TEXTS.length);
      for (const { id, metadata, embedding } of body.results)
        expect(wanted.get(id)).toMatchObject({ metadata, embedding });
    }
    const bare = await search({ query: ["red apple", "red car"], include: [] });
    expect(Object.keys(bare.body.results[0])).toEqual(["id", "score", "modality"]);
  });

  it.each([
    ["none at all", [], "query"],
    ["too many", Array(9).fill("a"), "query"],
  ])("are refused when they are %s", async (_, query, param) => {
    const { status, body } = await search({ query });
    expect([status, body.error.param]).toEqual([400, param]);
  });

  it("name the one that is at fault", async () => {
    expectError(await search({ query: ["cat", { id: "nobody" }] }), 404, "item_not_found", "query[1].id");
    expectError(await search({ query: ["cat", ""] }), 400, "empty_input", "query[1]");
    expectError(await search({ query: "cat", negative: [{ id: "nobody" }] }), 404, "item_not_found", "negative[0].id");
  });
});

describe("negative queries", () => {
  it("push down what they name", async () => {
    const plain = ids(await search({ query: "red apple", modality: "text" }));
    const without = ids(await search({ query: "red apple", negative: ["green apple"], modality: "text" }));
    expect(plain.indexOf("green-apple")).toBeLessThan(without.indexOf("green-apple"));
  });

  it("leave out the items that they name by id", async () => {
    expect(ids(await search({ query: "red apple", negative: [{ id: "green-apple" }] }))).not.toContain("green-apple");
  });

  it("that are the query itself leave nothing of it", async () => {
    expectError(await search({ query: "cat", negative: ["cat"] }), 400, "invalid_request", "query");
  });
});

describe("rerank", () => {
  it("exact gives what a search gives anyway where the store is exact, fused and distinct alike", async () => {
    for (const body of [{ query: "red apple" }, { query: ["red apple", "cat"] }, { query: "cat", distinct: 0.9 }]) {
      const plain = await search(body);
      expect((await search({ ...body, rerank: { type: "exact" } })).body).toEqual(plain.body);
    }
  });

  it("may come with an image, as multipart", async () => {
    const form = new FormData();
    form.set("image", new Blob([await png(8, 9, 10)]));
    form.set("rerank", `{"type":"exact"}`);
    expect(ids(await call("POST", `${PATH}/search`, { body: form }))).toHaveLength(8);
  });

  it.each([
    ["of a type that does not exist", { type: "magic" }, "invalid_request", "rerank.type"],
    ["of no type", {}, "invalid_request", "rerank.type"],
    ["that is no object", "exact", "invalid_request", "rerank"],
    ["with a field that its type does not have", { type: "exact", depth: 3 }, "unknown_field", "rerank.depth"],
  ])("%s is refused", async (_, rerank, code, param) => {
    expectError(await search({ query: "cat", rerank }), 400, code, param);
  });
});

describe("distinct", () => {
  it("shows near-identical items once, and says which they are", async () => {
    const query = { image: bytesToBase64(await png(8, 9, 10)) };
    expect(ids(await search({ query, modality: "image" }))).toEqual(["copy", "picture"]);
    const { body } = await search({ query, modality: "image", distinct: 0.99 });
    expect(body.results).toHaveLength(1);
    expect(body.results[0]).toMatchObject({ id: "copy", similar: ["picture"] });
    expect(body.results[0]).not.toHaveProperty("embedding");
  });

  it("fills top_k with others in their place", async () => {
    const found = ids(await search({ query: { id: "cat" }, distinct: 0.99, top_k: 6 }));
    expect(found).toHaveLength(6);
    expect(found.filter((id) => id === "picture" || id === "copy")).toHaveLength(1);
  });
});
