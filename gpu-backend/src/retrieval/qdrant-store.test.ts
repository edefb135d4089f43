/** The Qdrant adapter in Node. With QDRANT_URL (and QDRANT_API_KEY) the conformance suite asks that server, not the double. */
import { ModelId, Revision } from "@sightline/shared/ids";
import { describeVectorStore } from "@sightline/shared/store/conformance";
import { idsOf, itemId, point, points, scope, vectorOf } from "@sightline/shared/store/conformance/fixtures";
import { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { physicalName } from "@sightline/shared/store/qdrant/space";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import { RESULTS, type Results } from "@sightline/shared/testing/qdrant/answers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type QdrantServer, startQdrant } from "../testing/qdrant-server.ts";

const { QDRANT_URL: realUrl, QDRANT_API_KEY: apiKey } = process.env;

describeVectorStore(realUrl === undefined ? "Qdrant (double)" : "Qdrant", async () => {
  const server = realUrl === undefined ? await startQdrant() : undefined;
  const url = server?.url ?? realUrl ?? "";
  const connection = new QdrantConnection({ url, apiKey });
  return {
    store: new QdrantStore({ connection, callMs: () => 20_000 }),
    async dispose(spaces) {
      const headers = apiKey === undefined ? {} : { "api-key": apiKey };
      for (const space of spaces) {
        await fetch(`${url}/collections/${encodeURIComponent(physicalName(space))}`, { method: "DELETE", headers });
      }
      await server?.close();
    },
  };
});

/** What is no answer of Qdrant's own. */
const TEXT = { "content-type": "text/plain" };

describe("the Qdrant adapter", () => {
  const space = { id: ModelId.parse("m"), revision: Revision.parse("1"), dims: 8 };
  const shop = scope("acme", "shop");
  let server: QdrantServer;
  let store: QdrantStore;

  const storeOn = (url: string, callMs = 10_000, apiKey?: string) =>
    new QdrantStore({
      connection: new QdrantConnection({ url, apiKey }, { sleep: async () => {}, readTryMs: 300 }),
      callMs: () => callMs,
    });
  /** Fails so many of the requests that come from now on. */
  const failNext = (fault: Parameters<QdrantServer["failWith"]>[0], times: number) => {
    let left = times;
    server.failWith((asked) => (left-- > 0 ? fault(asked) : undefined));
  };
  const error = (status: number, message: string, headers = {}) => ({
    status,
    headers,
    body: JSON.stringify({ status: { error: message }, time: 0 }),
  });
  const search = () => store.search(space, shop, { vector: vectorOf(1), topK: 10 });

  beforeEach(async () => {
    server = await startQdrant();
    store = storeOn(server.url);
    await store.ensure(space);
  });
  afterEach(() => server.close());

  describe("tries again", () => {
    it.each([
      ["a connection that breaks", "reset"],
      ["a read that hangs", "hang"],
      ["status 429", error(429, "Rate limiting exceeded", { "retry-after": "1" })],
      ["status 429 without Retry-After", error(429, "Rate limiting exceeded")],
      ["status 408", error(408, "Timeout: Operation 'search' timed out")],
      ["status 500", error(500, "Service internal error: a replica failed")],
      ["a proxy's 503", { status: 503, body: "<html>", headers: TEXT }],
    ] as const)("after %s, up to three times in all", async (_, fault) => {
      await store.upsert(space, shop, [point("a")]);
      failNext(() => fault, 2);
      expect(idsOf(await search())).toEqual(["a"]);
      failNext(() => fault, 3);
      await expect(search()).rejects.toMatchObject({ code: "store_unavailable" });
    });

    it("never an exhaustive search, which has all the time of the call instead", async () => {
      await store.upsert(space, shop, [point("a")]);
      const exhaustive = () => store.search(space, shop, { vector: vectorOf(1), topK: 10, effort: "exhaustive" });
      failNext(() => "slow", 1);
      const before = server.asked.length;
      expect(idsOf(await exhaustive())).toEqual(["a"]);
      expect(server.asked.length - before).toBe(1);
      failNext(() => "reset", 1);
      await expect(exhaustive()).rejects.toMatchObject({ code: "store_unavailable" });
    });

    it("a write whose answer got lost, which is then there once", async () => {
      failNext(() => "lost", 1);
      await store.upsert(space, shop, [point("a")]);
      expect(await store.count(space, shop)).toEqual({ text: 0, image: 1 });
      failNext(({ path }) => (path.includes("delete") ? "lost" : undefined), 2);
      expect(await store.delete(space, shop, { everything: true })).toBe(1);
    });

    it.each([
      [
        "a request that Qdrant refuses",
        error(400, "Wrong input: no such thing"),
        "status 400: Wrong input: no such thing",
      ],
      [
        "a key that it refuses",
        { status: 401, body: "Invalid API key or JWT", headers: TEXT },
        "status 401: Invalid API key or JWT",
      ],
      ["a full disk", error(507, "Insufficient storage: quota"), "status 507"],
      ["an address where no Qdrant is", { status: 404, body: "no such page", headers: TEXT }, "status 404"],
      ["an answer that is no JSON", { status: 200, body: "<html>" }, "Qdrant: "],
      [
        "an answer of another kind",
        { status: 200, body: `{"result":{"points":[{"id":1}]},"status":"ok"}` },
        "Qdrant: ",
      ],
    ])("never after %s, and says why in the log alone", async (_, fault, reason) => {
      const before = server.asked.length;
      failNext(() => fault, 9);
      const refusal = await search().catch((thrown: unknown) => thrown);
      expect(refusal).toMatchObject({ code: "store_unavailable", message: "The store cannot be reached." });
      expect((refusal as Error).cause).toMatchObject({ message: expect.stringContaining(reason) });
      expect(server.asked.length - before).toBe(1);
    });

    it("waits for as long as Retry-After says, unless the call has no such time", async () => {
      const waits: number[] = [];
      const connection = new QdrantConnection({ url: server.url }, { sleep: async (ms) => void waits.push(ms) });
      const patient = new QdrantStore({ connection, callMs: () => 10_000 });
      const hasty = new QdrantStore({ connection, callMs: () => 1000 });
      failNext(() => error(429, "Rate limiting exceeded", { "retry-after": "3" }), 1);
      await patient.get(space, shop, [itemId("a")]);
      expect(waits).toEqual([3000]);
      failNext(() => error(429, "Rate limiting exceeded", { "retry-after": "3" }), 1);
      const refused = hasty.get(space, shop, [itemId("a")]);
      await expect(refused).rejects.toMatchObject({ code: "store_unavailable", retryAfterSeconds: 3 });
      expect(waits).toHaveLength(1);
    });
  });

  describe("searches", () => {
    it.each([
      [undefined, { hnsw_ef: 128, quantization: { rescore: true, oversampling: 3 } }],
      ["wide", { hnsw_ef: 512, quantization: { rescore: true, oversampling: 10 } }],
      ["exhaustive", { exact: true, quantization: { ignore: true } }],
    ] as const)("with the effort %s", async (effort, params) => {
      await store.search(space, shop, { vector: vectorOf(1), topK: 10, effort });
      expect(JSON.parse(server.asked.at(-1)?.body ?? "")).toMatchObject({ limit: 10, params });
    });
  });

  describe("acknowledges a write", () => {
    it("only if all of it is done: of several requests the last, too", async () => {
      const large = points(200, () => ({ filling: "x".repeat(16_000) }));
      const written = () => server.asked.filter(({ method, path }) => method === "PUT" && path.includes("/points"));
      await store.upsert(space, shop, large);
      const requests = written().length;
      expect(requests).toBeGreaterThan(1);
      server.failWith(() => (written().length === 2 * requests ? error(400, "Wrong input") : undefined));
      await expect(store.upsert(space, shop, large)).rejects.toMatchObject({ code: "store_unavailable" });
      expect(written()).toHaveLength(2 * requests);
    });

    it.each(["acknowledged", "wait_timeout"])("never on the status %s", async (status) => {
      const body = JSON.stringify({ result: { operation_id: 1, status }, status: "ok", time: 0 });
      server.failWith(({ method }) => (method === "PUT" ? { status: 200, body } : undefined));
      await expect(store.upsert(space, shop, [point("a")])).rejects.toMatchObject({ code: "store_unavailable" });
    });

    it("never after the time that a call has, whatever Qdrant does", async () => {
      const hasty = storeOn(server.url, 200);
      server.failWith(() => "hang");
      await expect(hasty.upsert(space, shop, [point("a")])).rejects.toMatchObject({ code: "store_unavailable" });
    });

    it("never into a space that was not ensured, and ensures it anew if it was deleted meanwhile", async () => {
      const other = { ...space, revision: Revision.parse("2") };
      await expect(store.upsert(other, shop, [point("a")])).rejects.toMatchObject({ code: "store_unavailable" });
      await fetch(`${server.url}/collections/${physicalName(space)}`, { method: "DELETE" });
      await expect(store.upsert(space, shop, [point("a")])).rejects.toMatchObject({ code: "store_unavailable" });
      await store.ensure(space);
      await store.upsert(space, shop, [point("a")]);
      expect(idsOf(await search())).toEqual(["a"]);
    });
  });

  describe("keeps tenants apart", () => {
    it("by naming tenant and collection in every request that reads or deletes", async () => {
      const before = server.asked.length;
      await store.upsert(space, shop, points(3));
      await store.get(space, shop, [itemId("item-1")]);
      await store.scroll(space, shop, { limit: 2, filter: { field: "a", exists: false } });
      await search();
      await store.delete(space, shop, { ids: [itemId("item-1")] });
      await store.delete(space, shop, { filter: { field: "a", exists: false } });
      await store.delete(space, shop, { everything: true });
      const confined = server.asked.slice(before).filter(({ method }) => method === "POST");
      expect(confined.length).toBeGreaterThanOrEqual(8);
      for (const { body } of confined) {
        expect(JSON.parse(body).filter.must).toEqual(
          expect.arrayContaining([
            { key: "tenant", match: { value: "acme" } },
            { key: "collection", match: { value: "shop" } },
          ]),
        );
      }
    });
  });

  describe("makes a space", () => {
    const info = async (): Promise<Results["collection"]> => {
      const answer = await fetch(`${server.url}/collections/${physicalName(space)}`);
      return RESULTS.collection.parse(((await answer.json()) as { result: unknown }).result);
    };

    it("for many tenants: quantised in memory, originals on disk, a graph for each, indexes of the scope", async () => {
      const { config, payload_schema: schema } = await info();
      expect(config.params.vectors).toEqual({ size: 8, distance: "Cosine", on_disk: true });
      expect(config.hnsw_config).toMatchObject({ m: 0, payload_m: 16 });
      expect(config.quantization_config?.scalar).toMatchObject({ type: "int8", always_ram: true });
      expect(Object.keys(schema).sort()).toEqual(["collection", "modality", "tenant"]);
      expect(schema.tenant?.params).toMatchObject({ type: "keyword", is_tenant: true });
      expect(schema.modality?.params).toMatchObject({ enable_hnsw: false });
    });

    it("as wide as it is told, with writes that wait for all replicas", async () => {
      const layout = { shardNumber: 4, replicationFactor: 3 };
      const wide = new QdrantStore({
        connection: new QdrantConnection({ url: server.url }),
        callMs: () => 10_000,
        layout,
      });
      await fetch(`${server.url}/collections/${physicalName(space)}`, { method: "DELETE" });
      await wide.ensure(space);
      expect((await info()).config.params).toMatchObject({
        shard_number: 4,
        replication_factor: 3,
        write_consistency_factor: 3,
      });
    });

    it("once, though several ask for it at the same time", async () => {
      await fetch(`${server.url}/collections/${physicalName(space)}`, { method: "DELETE" });
      const stores = Array.from({ length: 4 }, () => storeOn(server.url));
      await Promise.all(stores.map((one) => one.ensure(space)));
      await Promise.all(stores.map((one, n) => one.upsert(space, shop, [point(`item-${n}`)])));
      expect(await store.count(space, shop)).toEqual({ text: 0, image: 4 });
    });

    it("that filters by fields without an index, though the server is strict: new, and made strict by somebody", async () => {
      const filter = { field: "colour", eq: "red" };
      await store.upsert(space, shop, [point("a", { metadata: { colour: "red" } })]);
      const found = async () => (await store.scroll(space, shop, { limit: 9, filter })).points.map(({ id }) => id);
      expect(await found()).toEqual(["a"]);
      await fetch(`${server.url}/collections/${physicalName(space)}`, {
        method: "PATCH",
        body: JSON.stringify({ strict_mode_config: { enabled: true } }),
      });
      await expect(found()).rejects.toMatchObject({ code: "store_unavailable" });
      await storeOn(server.url).ensure(space);
      expect(await found()).toEqual(["a"]);
    });

    it("whole, where its maker died before the indexes", async () => {
      await fetch(`${server.url}/collections/${physicalName(space)}`, { method: "DELETE" });
      failNext(({ path }) => (path.includes("/index") ? error(400, "died") : undefined), 99);
      const first = storeOn(server.url);
      await expect(first.ensure(space)).rejects.toMatchObject({ code: "store_unavailable" });
      server.failWith(() => undefined);
      await first.ensure(space);
      expect(Object.keys((await info()).payload_schema)).toHaveLength(3);
    });

    it("never of another length than its vectors have", async () => {
      await expect(storeOn(server.url).ensure({ ...space, dims: 16 })).rejects.toMatchObject({
        code: "store_unavailable",
        cause: { message: expect.stringContaining("8 dimensions, not 16") },
      });
    });
  });

  describe("and the server", () => {
    it.each([
      ["1.11.5", false],
      ["1.12.0", true],
      ["1.18.1", true],
      ["1.19.9-dev", true],
      ["1.20.0", false],
      ["2.0.0", false],
      ["unknown", false],
    ])("of version %s: supported is %s", async (version, isSupported) => {
      const other = await startQdrant({ version });
      const asked = storeOn(other.url);
      const said = await asked.health();
      if (isSupported) {
        expect(said).toEqual({ status: "ok", detail: `Qdrant ${version}` });
        await asked.ensure(space);
      } else {
        expect(said.status).toBe("down");
        expect(said.detail).toContain(`this is Qdrant ${version}; supported are 1.12 to 1.19`);
        await expect(asked.ensure(space)).rejects.toMatchObject({ code: "store_unavailable" });
      }
      await other.close();
    });

    it("that wants a key: health tells that ours is none, and no message holds it", async () => {
      const locked = await startQdrant({ apiKey: "right" });
      expect(await storeOn(locked.url, 10_000, "right").health()).toMatchObject({ status: "ok" });
      const { status, detail } = await storeOn(locked.url, 10_000, "a-secret").health();
      expect(status).toBe("down");
      expect(detail).toContain("401");
      expect(detail).not.toContain("a-secret");
      await locked.close();
    });

    it("behind a path is asked below that path", async () => {
      await storeOn(`${server.url}/vectors/`).health();
      expect(server.asked.at(-1)?.path).toBe("/vectors/");
    });

    it("that is away is down, and a closed store asks nobody", async () => {
      expect(await storeOn("http://127.0.0.1:1").health()).toMatchObject({ status: "down" });
      await store.close();
      const before = server.asked.length;
      await expect(search()).rejects.toMatchObject({ code: "store_unavailable" });
      expect(await store.health()).toMatchObject({ status: "down" });
      expect(server.asked).toHaveLength(before);
    });
  });
});
