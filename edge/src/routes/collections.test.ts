import { describe, expect, it } from "vitest";
import { type Answer, del, expectError, get, post, put } from "../testing/client.ts";
import { collectionWith, fresh, picture } from "../testing/collections.ts";

describe("collections", () => {
  it("are created, described, listed and deleted", async () => {
    const name = fresh();
    const created = await put(`/v1/collections/${name}`, { description: "first" });
    expect(created.body).toMatchObject({
      name,
      model: "emoji-dual",
      description: "first",
      items: { text: 0, image: 0, total: 0 },
    });
    const changed = await put(`/v1/collections/${name}`, { description: "second" });
    expect(changed.body).toMatchObject({ description: "second", created_at: created.body.created_at });
    const list = await get("/v1/collections");
    expect(list.body.data.map((c: { name: string }) => c.name)).toContain(name);
    expect((await del(`/v1/collections/${name}`)).body).toEqual({ deleted: 0 });
    expectError(await get(`/v1/collections/${name}`), 404, "collection_not_found");
  });

  it("count their items by modality and lose them when deleted", async () => {
    const name = await collectionWith([
      { id: "t", text: "a red apple" },
      { id: "i", image: await picture(200, 0, 0) },
    ]);
    expect((await get(`/v1/collections/${name}`)).body.items).toEqual({ text: 1, image: 1, total: 2 });
    expect((await del(`/v1/collections/${name}`)).body).toEqual({ deleted: 2 });
    await put(`/v1/collections/${name}`, {});
    expect((await get(`/v1/collections/${name}`)).body.items.total).toBe(0);
    expectError(await get(`/v1/collections/${name}/items/i/image`), 404, "item_not_found");
  });

  it.each(["Upper", "-dash", "a b", "ü", "a".repeat(64)])("refuse the name %j", async (name) => {
    expectError(await put(`/v1/collections/${encodeURIComponent(name)}`, {}), 400, "invalid_request", "name");
  });

  it("refuse another model than they were made with", async () => {
    const name = await collectionWith([]);
    expectError(await put(`/v1/collections/${name}`, { model: "another-model" }), 409, "collection_conflict", "model");
    expect((await put(`/v1/collections/${name}`, { model: "emoji-dual" })).status).toBe(200);
  });

  it("refuse an unknown model and unknown fields", async () => {
    expectError(await put(`/v1/collections/${fresh()}`, { model: "nope" }), 404, "model_not_found", "model");
    expectError(await put(`/v1/collections/${fresh()}`, { dims: 3 }), 400, "unknown_field", "dims");
  });

  it("of another tenant look exactly like missing ones", async () => {
    const name = await collectionWith([{ id: "secret", text: "a red apple" }]);
    const other = (answer: Answer) => ({
      ...answer.body.error,
      request_id: "",
      message: answer.body.error.message.replace(/"c-.*?"/, ""),
    });
    for (const path of ["", "/items", "/items/secret", "/items/secret/image"]) {
      const foreign = await get(`/v1/collections/${name}${path}`, { key: "other" });
      const missing = await get(`/v1/collections/${fresh()}${path}`, { key: "other" });
      expect(foreign.status).toBe(404);
      expect(other(foreign)).toEqual(other(missing));
    }
    const search = await post(`/v1/collections/${name}/search`, { query: "apple" }, { key: "other" });
    expectError(search, 404, "collection_not_found");
    expect((await get("/v1/collections", { key: "other" })).body.data).toEqual([]);
  });
});
