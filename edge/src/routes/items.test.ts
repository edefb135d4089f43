import { LIMITS } from "@sightline/shared/limits";
import { bytesToBase64 } from "@sightline/shared/vectors";
import { describe, expect, it } from "vitest";
import { call, del, env, expectError, get, post, put, type TestEnv } from "../testing/client.ts";
import { collectionWith, fresh, picture } from "../testing/collections.ts";
import { png } from "../testing/images.ts";

/** An object of so many levels. */
const deep = (levels: number): object => (levels === 1 ? {} : { a: deep(levels - 1) });

describe("items", () => {
  it("come back with modality, metadata, text and a unit vector", async () => {
    const metadata = { colour: "red", tags: ["a", "b"], nested: { n: 1 }, none: null, 名: "苹果" };
    const name = await collectionWith([{ id: "weird id/ü?&#", text: "a red apple", metadata }]);
    const { body } = await get(`/v1/collections/${name}/items/${encodeURIComponent("weird id/ü?&#")}`);
    expect(body).toMatchObject({ id: "weird id/ü?&#", modality: "text", metadata, text: "a red apple" });
    const list = await get(`/v1/collections/${name}/items`);
    expect(list.body.data).toEqual([{ id: body.id, modality: "text", metadata, text: "a red apple" }]);
    expect(Math.hypot(...body.embedding)).toBeCloseTo(1, 4);
  });

  it("fail one by one", async () => {
    const name = await collectionWith([]);
    const { status, body } = await put(`/v1/collections/${name}/items`, {
      items: [
        { id: "good", text: "a pear" },
        { id: "bad-bytes", image: btoa("no image") },
        { id: "cut", image: bytesToBase64((await png(1, 2, 3)).slice(0, 60)) },
        { id: "short-vector", embedding: [1, 2, 3] },
      ],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ succeeded: 1, failed: 3 });
    expect(body.results.map((r: { status: string }) => r.status)).toEqual(["stored", "failed", "failed", "failed"]);
    expect(
      body.results.slice(1).map((r: { error: { code: string; param: string } }) => [r.error.code, r.error.param]),
    ).toEqual([
      ["image_format_unsupported", "items[1].image"],
      ["image_invalid", "items[2]"],
      ["vector_invalid", "items[3].embedding"],
    ]);
    expect((await get(`/v1/collections/${name}`)).body.items.total).toBe(1);
  });

  it("keep a picture of image items, for their owner only, until they are deleted or replaced", async () => {
    const name = await collectionWith([{ id: "i", image: await picture(0, 0, 200) }]);
    const image = await get(`/v1/collections/${name}/items/i/image`);
    expect(image.headers.get("content-type")).toBe("image/webp");
    expect(new TextDecoder().decode(new Uint8Array(image.body).slice(8, 12))).toBe("WEBP");
    expectError(await get(`/v1/collections/${name}/items/i/image`, { key: "other" }), 404, "collection_not_found");
    await put(`/v1/collections/${name}/items`, { items: [{ id: "i", text: "now a text" }] });
    expectError(await get(`/v1/collections/${name}/items/i/image`), 404, "item_not_found");
  });

  it("let browsers keep a picture for the key that fetched it alone, and say when it is still the same", async () => {
    const name = await collectionWith([{ id: "i", image: await picture(0, 0, 200) }]);
    const path = `/v1/collections/${name}/items/i/image`;
    const first = await get(path);
    const again = await get(path, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
    expect([first.status, again.status]).toEqual([200, 304]);
    for (const { headers } of [first, again]) {
      expect(headers.get("cache-control")).toBe("private, max-age=300");
      expect(headers.get("vary")).toContain("Authorization");
    }
  });

  it("are listed page by page, each once", async () => {
    const all = Array.from({ length: 25 }, (_, i) => ({ id: `item-${i}`, text: `thing ${i}` }));
    const name = await collectionWith(all);
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await get(
        `/v1/collections/${name}/items?limit=10${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      seen.push(...body.data.map((item: { id: string }) => item.id));
      cursor = body.next_cursor ?? "";
    } while (cursor);
    expect(seen.sort()).toEqual(all.map(({ id }) => id).sort());
  });

  it("keep no picture where the collection wants none", async () => {
    const name = fresh();
    const made = await put(`/v1/collections/${name}`, { pictures: false });
    expect(made.body.pictures).toBe(false);
    const item = { items: [{ id: "i", image: await picture(0, 200, 0) }] };
    expect((await put(`/v1/collections/${name}/items`, item)).body.succeeded).toBe(1);
    expectError(await get(`/v1/collections/${name}/items/i/image`), 404, "item_not_found");
    expect((await put(`/v1/collections/${name}`, { pictures: true })).body).toMatchObject({ pictures: true });
    await put(`/v1/collections/${name}/items`, item);
    expect((await get(`/v1/collections/${name}/items/i/image`)).status).toBe(200);
  });

  it("lose their pictures when a filter deletes them", async () => {
    const name = await collectionWith([
      { id: "red", image: await picture(255, 0, 0), metadata: { colour: "red" } },
      { id: "blue", image: await picture(0, 0, 255), metadata: { colour: "blue" } },
    ]);
    const filter = { field: "colour", eq: "red" };
    expect((await post(`/v1/collections/${name}/items/delete`, { filter })).body).toEqual({ deleted: 1 });
    expectError(await get(`/v1/collections/${name}/items/red/image`), 404, "item_not_found");
    expect((await get(`/v1/collections/${name}/items/blue/image`)).status).toBe(200);
  });

  it("are found again by a filter whose deletion failed half-way", async () => {
    const name = await collectionWith([{ id: "i", image: await picture(255, 0, 0), metadata: { n: 1 } }]);
    const remove = (where?: TestEnv) =>
      post(`/v1/collections/${name}/items/delete`, { filter: { field: "n", eq: 1 } }, { ...(where && { env: where }) });
    const bucket = { delete: () => Promise.reject(new Error("R2 is away")) };
    expectError(await remove({ ...env, PICTURES: bucket as never }), 503, "store_unavailable");
    expect((await remove()).body).toEqual({ deleted: 1 });
    expectError(await get(`/v1/collections/${name}/items/i/image`), 404, "item_not_found");
  });

  it("are deleted by id, by ids and by filter", async () => {
    const name = await collectionWith(["a", "b", "c", "d"].map((id, i) => ({ id, text: id, metadata: { n: i } })));
    expect((await del(`/v1/collections/${name}/items/a`)).body).toEqual({ deleted: 1 });
    expectError(await del(`/v1/collections/${name}/items/a`), 404, "item_not_found");
    const path = `/v1/collections/${name}/items/delete`;
    expect((await post(path, { ids: ["b", "nope"] })).body).toEqual({ deleted: 1 });
    expect((await post(path, { filter: { field: "n", gte: 3 } })).body).toEqual({ deleted: 1 });
    expect((await get(`/v1/collections/${name}`)).body.items.total).toBe(1);
  });

  it.each([
    ["no items", { items: [] }, "empty_input", "items"],
    [
      "more items than a call may have",
      { items: Array.from({ length: LIMITS.itemsPerCall + 1 }, (_, i) => ({ id: `${i}`, text: "x" })) },
      "too_many_inputs",
      "items",
    ],
    [
      "ten thousand items",
      { items: Array.from({ length: 10_000 }, (_, i) => ({ id: `${i}`, text: "x" })) },
      "too_many_inputs",
      "items",
    ],
    ["items that are no list", { items: deep(40) }, "invalid_request", "items"],
    [
      "__proto__ beside the items",
      JSON.parse('{"items":[{"id":"a","text":"x"}],"__proto__":1}'),
      "invalid_request",
      null,
    ],
    [
      "another field that nests without end",
      { items: [{ id: "a", text: "x" }], more: deep(40) },
      "invalid_request",
      "more",
    ],
  ])("refuse %s as a whole", async (_, body, code, param) => {
    const name = await collectionWith([]);
    expectError(await put(`/v1/collections/${name}/items`, body), 400, code, param);
  });

  it.each([
    ["of nothing", { id: "a" }, "a", ""],
    ["without id", { text: "a" }, null, ".id"],
    ["that is no object", "a", null, ""],
    ["with an id of dots", { id: "..", text: "x" }, null, ".id"],
    ["with an empty id", { id: "", text: "x" }, null, ".id"],
    ["with the id of another one", { id: "good", text: "x" }, "good", ".id"],
    ["with an unknown field", { id: "a", text: "x", colour: "red" }, "a", ".colour"],
    ["with huge metadata", { id: "a", text: "x", metadata: { s: "x".repeat(17_000) } }, "a", ".metadata"],
    ["with a long list in metadata", { id: "a", text: "x", metadata: { l: Array(130_000).fill(1) } }, "a", ".metadata"],
    ["with deep metadata", { id: "a", text: "x", metadata: { a: { b: { c: { d: { e: 1 } } } } } }, "a", ".metadata"],
    ["with metadata that nests without end", { id: "a", text: "x", metadata: deep(1000) }, "a", ".metadata"],
    ["with metadata of 32 levels", { id: "a", text: "x", metadata: deep(32) }, "a", ".metadata"],
    ["with half a character", { id: "a", text: "Fresh \ud83c" }, "a", ".text"],
    ["with half a character in metadata", { id: "a", text: "x", metadata: { t: ["\udf4e"] } }, "a", ".metadata"],
    ["with half a character in a field's name", { id: "a", text: "x", metadata: { "\ud83c": 1 } }, "a", ".metadata"],
    ["with __proto__", JSON.parse('{"id":"a","text":"x","__proto__":1}'), "a", ""],
    ["with __proto__ as metadata", JSON.parse('{"id":"a","text":"x","metadata":{"__proto__":1}}'), "a", ".metadata"],
  ])("refuse one %s alone, and store the others", async (_, item, id, field) => {
    const name = await collectionWith([]);
    const { status, body } = await put(`/v1/collections/${name}/items`, {
      items: [{ id: "good", text: "a good one" }, item, { id: "better", text: "a better one" }],
    });
    expect([status, body.succeeded, body.failed]).toEqual([200, 2, 1]);
    expect(body.results[1]).toMatchObject({ id, status: "failed", error: { param: `items[1]${field}` } });
    expect((await get(`/v1/collections/${name}`)).body.items.total).toBe(2);
  });

  it.each([
    ["too short", `[${"1,".repeat(254)}1]`, "vector_invalid"],
    ["too long", `[${"1,".repeat(256)}1]`, "vector_invalid"],
    ["longer than any model's", `[${"1,".repeat(5000)}1]`, "too_many_inputs"],
    ["of zeros", `[${"0,".repeat(255)}0]`, "vector_invalid"],
    ["of numbers that float32 cannot hold", `[1e39,${"0,".repeat(254)}0]`, "vector_invalid"],
    ["of numbers that nothing can hold", `[1e999,${"0,".repeat(254)}0]`, "invalid_request"],
    ["with something that is no number", `[null,${"0,".repeat(254)}0]`, "invalid_request"],
  ])("refuse a vector %s alone, and store the others", async (_, embedding, code) => {
    const name = await collectionWith([]);
    const body = `{"items":[{"id":"bad","embedding":${embedding}},{"id":"good","text":"a good one"}]}`;
    const headers = { "content-type": "application/json" };
    const answer = await call("PUT", `/v1/collections/${name}/items`, { body, headers });
    expect(answer.body).toMatchObject({ succeeded: 1, failed: 1, results: [{ id: "bad", error: { code } }, {}] });
    expect(answer.body.results[0].error.param).toMatch(/^items\[0\]\.embedding/);
    expect((await get(`/v1/collections/${name}`)).body.items.total).toBe(1);
  });

  it("are refused, with a 400, in a body that has NaN, which JSON knows nothing of", async () => {
    const name = await collectionWith([]);
    const headers = { "content-type": "application/json" };
    const body = `{"items":[{"id":"a","embedding":[NaN]}]}`;
    expectError(await call("PUT", `/v1/collections/${name}/items`, { body, headers }), 400, "invalid_json");
  });

  it("refuse a cursor of another collection", async () => {
    const [mine, other] = [await collectionWith([]), await collectionWith([])];
    const items = ["a", "b", "c"].map((id) => ({ id, text: id }));
    for (const name of [mine, other]) await put(`/v1/collections/${name}/items`, { items });
    const { body } = await get(`/v1/collections/${other}/items?limit=1`);
    const page = await get(`/v1/collections/${mine}/items?cursor=${encodeURIComponent(body.next_cursor)}`);
    expectError(page, 400, "invalid_cursor", "cursor");
  });

  it("refuse a cursor from elsewhere", async () => {
    const name = await collectionWith([{ id: "a", text: "x" }]);
    expectError(await get(`/v1/collections/${name}/items?cursor=elsewhere`), 400, "invalid_cursor", "cursor");
  });

  it("are refused whole, with 503, while the backend is away", async () => {
    const name = await collectionWith([]);
    const away = { ...env, BACKEND_URL: "http://127.0.0.1:1" };
    expectError(
      await put(`/v1/collections/${name}/items`, { items: [{ id: "a", text: "x" }] }, { env: away }),
      503,
      "backend_unavailable",
    );
  });
});
