/** Migrations through the whole worker, with a backend that serves two revisions and writes to Qdrant. */
import { CollectionName, TenantId } from "@sightline/shared/ids";
import { redisKeys } from "@sightline/shared/tenants";
import { bytesToBase64 } from "@sightline/shared/vectors";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { configFrom } from "../env.ts";
import { createRedis } from "../redis.ts";
import { servicesFor } from "../services.ts";
import { type Answer, type CallOptions, call, env, expectError } from "../testing/client.ts";
import { png } from "../testing/images.ts";
import { stopReplica } from "../testing/stopped-replica.ts";

// A tenant of its own, so that nobody else lists these collections.
const TENANT = "neighbour";
const PLACES = redisKeys.places(TenantId.parse(TENANT));
const headers = { authorization: `Bearer ${env.ADMIN_TOKEN}` };
/** Isolates that ask Qdrant themselves. */
const onQdrant = () => ({
  ...env,
  BACKEND_URL: env.QDRANT_BACKEND_URL,
  QDRANT_URL: env.SWITCHED_QDRANT_URL,
  QDRANT_API_KEY: env.QDRANT_READ_KEY,
});
type Isolate = ReturnType<typeof onQdrant> | typeof env;

const picture = async (r: number, g: number, b: number) => bytesToBase64(await png(r, g, b));
const axis = (n: number) => Array.from({ length: 256 }, (_, i) => (i === n ? 1 : 0));
const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    id: `t-${n}`,
    text: `the ${n}. of many things that lie here`,
    metadata: { n },
  }));

/** The revision that collections are made with. */
let first: string;
beforeAll(async () => {
  const { body } = await call("GET", "/v1/models", { key: TENANT, env: onQdrant() });
  first = body.data[0].revision;
});

afterEach(() => void vi.restoreAllMocks());

/** A collection of the tenant, as its owner and as the operator see it. */
async function collection(items: readonly object[], settings: object = {}, own: Isolate = onQdrant()) {
  const name = `c-${crypto.randomUUID().slice(0, 8)}`;
  const path = `/v1/collections/${name}`;
  const ask = (method: string, below: string, json?: unknown, options: CallOptions = {}) =>
    call(method, `${path}${below}`, { key: TENANT, env: own, ...(json !== undefined && { json }), ...options });
  const operate = (method: string, below = "", json?: unknown, more: CallOptions = {}) => {
    const at = `/admin/v1/tenants/${TENANT}/collections/${name}${below}`;
    return call(method, at, { key: null, headers, env: own, ...(json !== undefined && { json }), ...more });
  };
  const migrate = (below: string, json: unknown = {}) => operate("POST", `/migration${below}`, json);
  expect((await ask("PUT", "", settings)).status).toBe(200);
  if (items.length > 0) expect((await ask("PUT", "/items", { items })).body.failed).toBe(0);
  return {
    name,
    ask,
    operate,
    migrate,
    put: (...some: object[]) => ask("PUT", "/items", { items: some }),
    search: async (query: unknown, more: object = {}) => {
      const { body } = await ask("POST", "/search", { query, top_k: 200, ...more });
      return body.results as { id: string; score: number }[];
    },
    /** All there is, by id. */
    list: async () => {
      const all = new Map<string, { text?: string; metadata: object; modality: string }>();
      for (let cursor = ""; ; ) {
        const { body } = await ask("GET", `/items?limit=7${cursor && `&cursor=${cursor}`}`);
        for (const { id, ...item } of body.data) {
          expect(all.has(id)).toBe(false);
          all.set(id, item);
        }
        if (!body.next_cursor) return all;
        cursor = body.next_cursor;
      }
    },
    start: async (json: object = { revision: "second" }) => {
      const started = await migrate("", json);
      expect(started.body).toMatchObject({ status: "waiting", progress: { seen: 0 } });
      await letGracePass(name);
    },
    copyAll: async (items = 5): Promise<Answer["body"]> => {
      for (;;) {
        const { status, body } = await migrate("/copy", { items });
        expect([status, JSON.stringify(body)]).toEqual([200, expect.stringContaining("copi")]);
        if (body.status === "copied") return body;
      }
    },
  };
}

/** What happens when the time has passed that writes may take that began before. */
async function letGracePass(name: string): Promise<void> {
  const redis = createRedis(configFrom(env));
  const places = JSON.parse((await redis.hget(PLACES, name)) ?? "");
  places.mirror.since -= 60_000;
  await redis.command("HSET", PLACES, name, JSON.stringify(places));
}

const idsOf = (results: readonly { id: string }[]) => results.map(({ id }) => id).sort();

describe("a migration", () => {
  it("moves texts and pictures to another revision, back, and there for good, while both answer", async () => {
    const texts = numbered(12);
    const shop = await collection([
      ...texts,
      { id: "red", image: await picture(200, 0, 0), metadata: { colour: "red" } },
      { id: "blue", image: await picture(0, 0, 200) },
    ]);
    const before = (await shop.ask("GET", "/items/red")).body.embedding;
    await shop.start();
    expect((await shop.ask("GET", "")).body.revision).toBe(first);
    expect(await shop.copyAll()).toMatchObject({ status: "copied", progress: { total: 14, seen: 14, copied: 14 } });
    expect(await shop.search(texts[3]?.text)).toHaveLength(14);

    const { body: verified } = await shop.operate("POST", "/verify", { sample: 7 });
    expect(verified.places).toEqual(
      ["current", "next"].map((role) => ({
        role,
        model: "emoji-dual",
        revision: role === "current" ? first : "second",
        items: { text: 12, image: 2, total: 14 },
        recall: { sample: expect.any(Number), lost: 0, mean: 1, least: 1 },
      })),
    );

    expect((await shop.migrate("/switch")).body.status).toBe("switched");
    expect((await shop.ask("GET", "")).body).toMatchObject({ revision: "second", items: { total: 14 } });
    const after = (await shop.ask("GET", "/items/red")).body;
    expect(after).toMatchObject({ modality: "image", metadata: { colour: "red" } });
    expect(after.embedding).not.toEqual(before);
    expect((await shop.search({ image: await picture(200, 0, 0) }, { modality: "image" }))[0]).toMatchObject({
      id: "red",
      score: expect.closeTo(1, 2),
    });
    expect((await shop.ask("GET", "/items/red/image")).status).toBe(200);

    expect((await shop.migrate("/rollback")).body).toMatchObject({ status: "copied" });
    expect((await shop.ask("GET", "/items/red")).body.embedding).toEqual(before);
    await shop.migrate("/switch");
    expect((await shop.operate("DELETE", "/migration")).body).toEqual({ deleted: 14 });
    expectError(await shop.operate("GET", "/migration"), 404, "migration_not_found");
    expect([...(await shop.list()).keys()].sort()).toEqual(idsOf([...texts, { id: "red" }, { id: "blue" }]));
  });

  it("loses nothing that is written, deleted and found meanwhile, nor does going back", async () => {
    const kept = new Map(numbered(40).map(({ id, text, metadata }) => [id, { text, metadata }]));
    const shop = await collection([...kept].map(([id, item]) => ({ id, ...item })));
    let at = 0;
    const work = async (until: () => boolean) => {
      while (!until()) {
        const n = at++;
        const id = `t-${(n * 7) % 50}`;
        if (n % 3 === 2) {
          await shop.ask("POST", "/items/delete", { ids: [id] });
          kept.delete(id);
        } else {
          const item = { text: `written anew, for the ${n}. time`, metadata: { n: 100 + n } };
          const { body } = await shop.put({ id, ...item });
          if (body.succeeded === 1) kept.set(id, item);
        }
        if (n % 5 === 0) expect((await shop.search("things", { top_k: 5 })).length).toBe(5);
      }
    };
    const agrees = async () => {
      const found = await shop.list();
      expect(Object.fromEntries(found)).toEqual(
        Object.fromEntries([...kept].map(([id, item]) => [id, { modality: "text", ...item }])),
      );
      const [id, { text }] = [...kept][0]!;
      expect(idsOf((await shop.search(text)).filter(({ score }) => score > 0.999))).toContain(id);
    };
    await shop.start();
    let copied = false;
    await Promise.all([
      work(() => copied),
      shop.copyAll(3).finally(() => {
        copied = true;
      }),
    ]);
    // How much is a matter of the machine; without any of it the test would try nothing.
    expect(at).toBeGreaterThan(3);
    await shop.migrate("/switch");
    await agrees();
    const switchedAt = at;
    await work(() => at > switchedAt + 12);
    await agrees();
    await shop.migrate("/rollback");
    await agrees();
  });

  it.each([
    ["written", "PUT", { text: "changed in that very moment", metadata: { changed: true } }],
    ["deleted", "DELETE", undefined],
  ])("keeps what an item became that is %s in the moment when it is copied", async (_, method, item) => {
    const own = onQdrant();
    const shop = await collection([{ id: "x", text: "as it was" }], {}, own);
    await shop.start();
    const came = onceBeforeItems(own, async () => {
      if (method === "PUT") expect((await shop.put({ id: "x", ...item })).body.succeeded).toBe(1);
      else expect((await shop.ask("DELETE", "/items/x")).status).toBe(200);
    });
    await shop.copyAll();
    expect(came()).toBe(true);
    await shop.migrate("/switch");
    expect(Object.fromEntries(await shop.list())).toEqual(item ? { x: { modality: "text", ...item } } : {});
  });

  it("takes the picture that an item has got in the moment when it is copied", async () => {
    const own = onQdrant();
    const shop = await collection([{ id: "x", image: await picture(200, 0, 0) }], {}, own);
    await shop.start();
    const image = await picture(0, 0, 200);
    const came = onceBeforeItems(own, async () => {
      expect((await shop.put({ id: "x", image })).body.succeeded).toBe(1);
    });
    await shop.copyAll();
    expect(came()).toBe(true);
    await shop.migrate("/switch");
    expect(await shop.search({ image })).toMatchObject([{ id: "x", score: expect.closeTo(1, 2) }]);
  });

  it("goes on where it stopped, by whoever does, and copies nothing twice", async () => {
    const shop = await collection(numbered(20));
    await shop.start();
    expect((await shop.migrate("/copy", { items: 8 })).body).toMatchObject({
      status: "copying",
      progress: { seen: 8 },
    });
    const away = { ...onQdrant(), BACKEND_URL: "http://127.0.0.1:1" };
    const failed = await shop.operate("POST", "/migration/copy", { items: 8 }, { env: away });
    expectError(failed, 503, "backend_unavailable");
    const elsewhere = { env: onQdrant() };
    expect((await shop.operate("GET", "/migration", undefined, elsewhere)).body).toMatchObject({
      status: "copying",
      progress: { seen: 8, copied: 8 },
    });
    // Killed after the items were written and before that was noted.
    const redis = createRedis(configFrom(env));
    const key = redisKeys.copying(TenantId.parse(TENANT), await nextScope(shop.name));
    const noted = await redis.get(key);
    await shop.migrate("/copy", { items: 8 });
    await redis.set(key, noted ?? "");
    const again = await shop.operate("POST", "/migration/copy", { items: 8 }, elsewhere);
    expect(again.body.progress).toMatchObject({ seen: 16, copied: 8 });
    expect((await shop.copyAll()).progress).toMatchObject({ seen: 20, copied: 12 });
    const { body } = await shop.operate("POST", "/verify", {});
    expect(body.places.map(({ items }: { items: { total: number } }) => items.total)).toEqual([20, 20]);
  });

  it("names what it cannot take along, and leaves it behind only if told to", async () => {
    const shop = await collection(
      [
        { id: "text", text: "a text" },
        { id: "vector", embedding: axis(1) },
        { id: "words", embedding: axis(2), modality: "text" },
        { id: "unseen", image: await picture(9, 9, 9) },
      ],
      { pictures: false },
    );
    await shop.start();
    const { progress, left_behind: named } = await shop.copyAll(60);
    expect(progress).toMatchObject({ seen: 4, copied: 1, left_behind: 3 });
    expect(idsOf(named)).toEqual(["unseen", "vector", "words"]);
    expect(named[0].error.code).toBe("no_original");
    expectError(await shop.migrate("/switch"), 409, "migration_conflict", "leave_behind");
    // Given once more, it is taken along by its own writing.
    await shop.put({ id: "words", text: "what they were" });
    expect((await shop.copyAll()).progress).toMatchObject({ copied: 0, left_behind: 2 });
    await shop.migrate("/switch", { leave_behind: true });
    expect([...(await shop.list()).keys()].sort()).toEqual(["text", "words"]);
    await shop.migrate("/rollback");
    expect([...(await shop.list()).keys()].sort()).toEqual(["text", "unseen", "vector", "words"]);
  });

  it("that was rolled back ends with the place that is searched, whatever a replica still tells of the switch", async () => {
    const items = numbered(3);
    const shop = await collection(items);
    await shop.start();
    await shop.copyAll();
    await shop.migrate("/switch");
    await stopReplica(createRedis(configFrom(env)));
    expect((await shop.migrate("/rollback")).body.status).toBe("copied");
    expect((await shop.operate("DELETE", "/migration")).body).toEqual({ deleted: 3 });
    vi.restoreAllMocks();
    expect((await shop.ask("GET", "")).body.revision).toBe(first);
    expect([...(await shop.list()).keys()].sort()).toEqual(idsOf(items));
  });

  it("does not bring back by a rollback what a filter has deleted", async () => {
    const shop = await collection([
      { id: "text", text: "a text", metadata: { n: 1 } },
      { id: "vector", embedding: axis(1), metadata: { n: 2 } },
      { id: "other", embedding: axis(2), metadata: { n: 3 } },
    ]);
    await shop.start();
    await shop.copyAll(60);
    await shop.migrate("/switch", { leave_behind: true });
    expect((await shop.ask("POST", "/items/delete", { filter: { field: "n", lt: 3 } })).body).toEqual({ deleted: 1 });
    await shop.migrate("/rollback");
    expect([...(await shop.list()).keys()]).toEqual(["other"]);
  });

  it("refuses vectors of the caller's own one by one, unless it goes to the same revision", async () => {
    const shop = await collection([]);
    await shop.start();
    const { body } = await shop.put({ id: "v", embedding: axis(1) }, { id: "t", text: "a text" });
    expect(body.results).toMatchObject([
      { id: "v", status: "failed", error: { code: "collection_migrating", param: "items[0]" } },
      { id: "t", status: "stored" },
    ]);
    await shop.operate("DELETE", "/migration");
    await shop.start({ revision: first });
    expect((await shop.put({ id: "v", embedding: axis(1) })).body.succeeded).toBe(1);
    await shop.copyAll();
    await shop.migrate("/switch");
    expect((await shop.search({ embedding: axis(1) }))[0]).toMatchObject({ id: "v", score: 1 });
  });

  it("of a collection to its own revision rebuilds it whole, also in a store that is embedded in the backend", async () => {
    const items = [...numbered(5), { id: "v", embedding: axis(3) }];
    const shop = await collection(items, {}, { ...env });
    const listed = await shop.list();
    const vector = (await shop.ask("GET", "/items/t-1")).body.embedding;
    await shop.start({ revision: first });
    expect((await shop.copyAll(2)).progress).toMatchObject({ seen: 6, copied: 6, left_behind: 0 });
    await shop.migrate("/switch");
    expect((await shop.operate("DELETE", "/migration")).body).toEqual({ deleted: 6 });
    expect(await shop.list()).toEqual(listed);
    expect((await shop.ask("GET", "/items/t-1")).body.embedding).toEqual(vector);
    expect((await shop.operate("POST", "/verify", {})).body.places).toMatchObject([{ recall: { mean: 1 } }]);
  });

  it("is undone by nobody who changes the collection's description", async () => {
    const shop = await collection(numbered(3));
    await shop.start();
    await shop.ask("PUT", "", { description: "changed" });
    await shop.copyAll();
    await shop.migrate("/switch");
    const changed = await shop.ask("PUT", "", { description: "changed again" });
    expect(changed.body).toMatchObject({ revision: "second", description: "changed again", items: { total: 3 } });
    await shop.migrate("/rollback");
    expect((await shop.ask("GET", "")).body).toMatchObject({ revision: first, description: "changed again" });
  });

  it("ends with its collection: another one of the same name knows nothing of it", async () => {
    const shop = await collection(numbered(3));
    await shop.start();
    await shop.copyAll();
    const list = await call("GET", `/admin/v1/tenants/${TENANT}/collections`, { key: null, headers });
    expect(list.body.data).toContainEqual({ name: shop.name, model: "emoji-dual", revision: first, migration: "next" });
    expect((await shop.ask("DELETE", "")).body).toEqual({ deleted: 3 });
    await shop.ask("PUT", "", {});
    expectError(await shop.operate("GET", "/migration"), 404, "migration_not_found");
    expect(await shop.list()).toEqual(new Map());
  });

  it("is taken one step after the other", async () => {
    const shop = await collection(numbered(2));
    for (const step of ["/copy", "/switch", "/rollback"]) {
      expectError(await shop.migrate(step), 404, "migration_not_found");
    }
    expectError(await shop.operate("DELETE", "/migration"), 404, "migration_not_found");
    expectError(await shop.migrate("", { revision: "nope" }), 404, "model_not_found");
    expectError(await shop.migrate("", { revison: "second" }), 400, "unknown_field", "revison");
    expect((await shop.migrate("", { revision: "second" })).body.wait_seconds).toBeGreaterThan(20);
    expect((await shop.migrate("/copy")).body).toMatchObject({ status: "waiting", progress: { seen: 0 } });
    expectError(await shop.migrate("", { revision: "second" }), 409, "migration_conflict");
    expectError(await shop.migrate("/switch"), 409, "migration_conflict");
    expectError(await shop.migrate("/rollback"), 409, "migration_conflict");
    await letGracePass(shop.name);
    await shop.copyAll();
    await shop.migrate("/switch");
    for (const step of ["/copy", "/switch"]) expectError(await shop.migrate(step), 409, "migration_conflict");
  });

  it("is the operator's, and changes nothing while Redis is away", async () => {
    const shop = await collection([]);
    const withKey = { key: "full", headers: {} } as const;
    expectError(await shop.operate("POST", "/migration", {}, withKey), 401, "invalid_admin_token");
    const away = { env: { ...onQdrant(), REDIS_URL: "http://127.0.0.1:1" } };
    expectError(await shop.operate("POST", "/migration", { revision: "second" }, away), 503, "store_unavailable");
    const none = await call("POST", `/admin/v1/tenants/nobody/collections/${shop.name}/migration`, {
      key: null,
      headers,
      json: {},
    });
    expectError(none, 404, "collection_not_found");
  });
});

async function nextScope(name: string): Promise<CollectionName> {
  const places = await createRedis(configFrom(env)).hget(PLACES, name);
  return CollectionName.parse(JSON.parse(places ?? "").mirror.at.scope);
}

/** The next time that this isolate is about to write items, something else comes first. @returns whether it has come. */
function onceBeforeItems(own: Isolate, first: () => Promise<void>): () => boolean {
  const services = servicesFor(own);
  const { backend } = services;
  let waiting = true;
  Object.assign(services, {
    backend: {
      ...backend,
      async call(path, request, answer, context) {
        if (path === "/internal/v1/items" && waiting) {
          waiting = false;
          await first();
        }
        return backend.call(path, request, answer, context);
      },
    } satisfies typeof backend,
  });
  return () => !waiting;
}
