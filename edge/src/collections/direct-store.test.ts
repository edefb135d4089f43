/** The Qdrant adapter inside workerd, and the worker that asks Qdrant itself. */
import { describeVectorStore } from "@sightline/shared/store/conformance";
import { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { physicalName } from "@sightline/shared/store/qdrant/space";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import { bytesToBase64 } from "@sightline/shared/vectors";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type CallOptions, call, env, expectError, setMode } from "../testing/client.ts";
import { png } from "../testing/images.ts";

describeVectorStore("Qdrant (in workerd)", async () => {
  const { url, apiKey } = env.TEST_QDRANT;
  const connection = new QdrantConnection({ url, apiKey });
  return {
    store: new QdrantStore({ connection, callMs: () => 20_000 }),
    async dispose(spaces) {
      for (const space of spaces) {
        const collection = `${url}/collections/${encodeURIComponent(physicalName(space))}`;
        await fetch(collection, { method: "DELETE", headers: { "api-key": apiKey } });
      }
    },
  };
});

describe("a worker that asks Qdrant itself", () => {
  /** A key that may only read will do. */
  const direct = {
    ...env,
    BACKEND_URL: env.QDRANT_BACKEND_URL,
    QDRANT_URL: env.SWITCHED_QDRANT_URL,
    QDRANT_API_KEY: env.QDRANT_READ_KEY,
  };
  const withoutBackend = { ...direct, BACKEND_URL: "http://127.0.0.1:1" };
  const ask = (method: string, path: string, json?: unknown, options: CallOptions = {}) =>
    call(method, path, { ...(json !== undefined && { json }), env: direct, ...options });
  const axis = (n: number) => Array.from({ length: 256 }, (_, i) => (i === n ? 1 : 0));

  async function collectionWith(items: readonly object[]): Promise<string> {
    const path = `/v1/collections/c-${crypto.randomUUID().slice(0, 8)}`;
    expect((await ask("PUT", path, {})).status).toBe(200);
    if (items.length > 0) expect((await ask("PUT", `${path}/items`, { items })).body.failed).toBe(0);
    return path;
  }

  afterEach(() => setMode(env.SWITCHED_QDRANT_URL, "up"));

  it("finds, reads, lists, counts and deletes what the backend has written", async () => {
    const items = [0, 1, 2].map((n) => ({ id: `v-${n}`, embedding: axis(n), metadata: { n } }));
    const path = await collectionWith(items);
    const query = { query: { embedding: axis(1) }, top_k: 1, filter: { field: "n", gte: 1 } };
    expect((await ask("POST", `${path}/search`, query)).body.results).toMatchObject([{ id: "v-1", score: 1 }]);
    expect((await ask("GET", `${path}/items/v-2`)).body).toMatchObject({ metadata: { n: 2 }, embedding: axis(2) });
    expect((await ask("GET", `${path}/items?limit=2`)).body.data).toHaveLength(2);
    expect((await ask("DELETE", `${path}/items/v-2`)).body).toEqual({ deleted: 1 });
    expect((await ask("GET", path)).body.items).toEqual({ text: 0, image: 2, total: 2 });
    expect((await ask("DELETE", path)).body).toEqual({ deleted: 2 });
  });

  it("reads the metadata of what it answers, not of all that several queries have found", async () => {
    const items = [0, 1, 2, 3].map((n) => ({ id: `v-${n}`, embedding: axis(n), metadata: { n } }));
    const path = await collectionWith(items);
    const searching = vi.spyOn(QdrantStore.prototype, "search");
    const query = [0, 1, 2].map((n) => ({ embedding: axis(n) }));
    const { body } = await ask("POST", `${path}/search`, { query, top_k: 2 });
    expect(body.results.map(({ metadata }: { metadata: object }) => metadata)).toEqual([{ n: 0 }, { n: 1 }]);
    const found = (await Promise.all(searching.mock.results.map(({ value }) => value))).flat();
    searching.mockRestore();
    expect(found.length).toBeGreaterThan(2);
    expect(found.filter(({ metadata }) => metadata !== undefined)).toEqual([]);
  });

  it("searches on while no backend runs, for texts that are cached, too", async () => {
    const path = await collectionWith([{ id: "v", embedding: axis(0) }]);
    const query = crypto.randomUUID();
    expect((await ask("POST", "/v1/embeddings", { input: query })).status).toBe(200);
    for (const known of [{ embedding: axis(0) }, query]) {
      const answer = await ask("POST", `${path}/search`, { query: known }, { env: withoutBackend });
      expect(answer.body.results).toMatchObject([{ id: "v" }]);
    }
    const unknown = { query: crypto.randomUUID() };
    expectError(await ask("POST", `${path}/search`, unknown, { env: withoutBackend }), 503, "backend_unavailable");
  });

  it("shows nothing of one tenant to another", async () => {
    const path = await collectionWith([{ id: "v", embedding: axis(0) }]);
    expectError(await ask("GET", `${path}/items/v`, undefined, { key: "neighbour" }), 404, "collection_not_found");
    const query = { query: { embedding: axis(0) } };
    expectError(await ask("POST", `${path}/search`, query, { key: "neighbour" }), 404, "collection_not_found");
    expect((await ask("PUT", path, {}, { key: "neighbour" })).status).toBe(200);
    expect((await ask("POST", `${path}/search`, query, { key: "neighbour" })).body.results).toEqual([]);
    expect((await ask("GET", path, undefined, { key: "neighbour" })).body.items.total).toBe(0);
  });

  it("refuses writes and searches with 503 while Qdrant is away, and acknowledges nothing half", async () => {
    const path = await collectionWith([{ id: "old", embedding: axis(0) }]);
    await setMode(env.SWITCHED_QDRANT_URL, "down");
    const items = [
      { id: "picture", image: bytesToBase64(await png(200, 0, 0)) },
      { id: "text", text: "a pear" },
    ];
    expectError(await ask("PUT", `${path}/items`, { items }), 503, "store_unavailable");
    expectError(await ask("DELETE", `${path}/items/old`), 503, "store_unavailable");
    expectError(await ask("POST", `${path}/search`, { query: { embedding: axis(0) } }), 503, "store_unavailable");
    expectError(await ask("GET", `${path}/items/old`), 503, "store_unavailable");
    // Pictures do not lie in Qdrant, and could have been kept.
    expectError(await ask("GET", `${path}/items/picture/image`), 404, "item_not_found");

    await setMode(env.SWITCHED_QDRANT_URL, "up");
    expect((await ask("GET", path)).body.items).toEqual({ text: 0, image: 1, total: 1 });
    expect((await ask("PUT", `${path}/items`, { items })).body).toMatchObject({ succeeded: 2, failed: 0 });
    expect((await ask("GET", `${path}/items/picture/image`)).status).toBe(200);
  });

  it("says in its readiness whether Qdrant answers", async () => {
    expect((await ask("GET", "/readyz")).body).toMatchObject({ status: "ok", components: { store: "ok" } });
    await setMode(env.SWITCHED_QDRANT_URL, "down");
    const answer = await ask("GET", "/readyz");
    expect([answer.status, answer.body.components.store]).toEqual([503, "down"]);
  });
});
