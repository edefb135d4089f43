import { afterEach, describe, expect, it, vi } from "vitest";
import { configFrom } from "../env.ts";
import { createRedis } from "../redis.ts";
import { call, del, env, expectError, get, put } from "../testing/client.ts";
import { collectionWith, fresh, picture } from "../testing/collections.ts";
import { stopReplica } from "../testing/stopped-replica.ts";

afterEach(() => void vi.restoreAllMocks());

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

  it("are there from the moment that they are made, and made again when they are deleted, whatever a replica still tells", async () => {
    const deleted = await collectionWith([]);
    await stopReplica(createRedis(configFrom(env)));
    const made = await collectionWith([]);
    expect((await get(`/v1/collections/${made}`)).status).toBe(200);
    await del(`/v1/collections/${deleted}`);
    expect((await put(`/v1/collections/${deleted}`, {})).status).toBe(200);
    vi.restoreAllMocks();
    expect((await get(`/v1/collections/${deleted}`)).status).toBe(200);
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

  it("of another tenant look exactly like missing ones, to every route", async () => {
    const name = await collectionWith([
      { id: "secret", image: await picture(200, 0, 0) },
      { id: "other", text: "a red apple" },
    ]);
    expect(ROUTES.map(([route]) => route).sort()).toEqual(await documentedRoutes());
    const ask = () => Promise.all(ROUTES.map(([route, json]) => seenByOther(route, name, json)));
    const foreign = await ask();
    for (const { status, body } of foreign) expect([status, body.error.code]).toEqual([404, "collection_not_found"]);
    expect((await get("/v1/collections", { key: "other" })).body.data).not.toContainEqual(
      expect.objectContaining({ name }),
    );
    expect((await get(`/v1/collections/${name}`)).body.items).toEqual({ text: 1, image: 1, total: 2 });
    await del(`/v1/collections/${name}`);
    expect(await ask()).toEqual(foreign);
  });
});

/** Every operation on a collection that has to be there, with a body that it takes. */
const ROUTES: readonly (readonly [route: string, json?: object])[] = [
  ["GET /v1/collections/{name}"],
  ["DELETE /v1/collections/{name}"],
  ["GET /v1/collections/{name}/items"],
  ["PUT /v1/collections/{name}/items", { items: [{ id: "secret", text: "overwritten" }] }],
  ["POST /v1/collections/{name}/items/delete", { ids: ["secret"] }],
  ["GET /v1/collections/{name}/items/{id}"],
  ["DELETE /v1/collections/{name}/items/{id}"],
  ["GET /v1/collections/{name}/items/{id}/image"],
  ["POST /v1/collections/{name}/search", { query: "a red apple" }],
];

async function documentedRoutes(): Promise<string[]> {
  const { body } = await get("/openapi.json", { key: null });
  return Object.entries<object>(body.paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    .filter((route) => route.includes("/v1/collections/{name}") && route !== "PUT /v1/collections/{name}")
    .sort();
}

/** All that an answer says, but for what is another in each: its id, its times, what is left of limits. */
async function seenByOther(route: string, name: string, json?: object) {
  const [method = "", path = ""] = route.replace("{name}", name).replace("{id}", "secret").split(" ");
  const { status, headers, body } = await call(method, path, { key: "other", ...(json && { json }) });
  const told = [...headers].map(([header, value]) =>
    ["x-request-id", "server-timing", "ratelimit"].includes(header) ? [header] : [header, value],
  );
  return { route, status, headers: told, body: { ...body, error: { ...body.error, request_id: "" } } };
}
