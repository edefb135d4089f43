/** The recall probe on a store that misses something, as an index that has gone bad would. */
import { ModelId, Revision } from "@sightline/shared/ids";
import { points, scope } from "@sightline/shared/store/conformance/fixtures";
import type { Hit, SearchQuery } from "@sightline/shared/store/port";
import { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { physicalName } from "@sightline/shared/store/qdrant/space";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CollectionRecord } from "../collections/registry.ts";
import type { EdgeStore } from "../collections/remote-store.ts";
import { env } from "../testing/client.ts";
import { verify } from "./verify.ts";

const { tenant, collection } = scope("verified", `c-${crypto.randomUUID().slice(0, 8)}`);
const record: CollectionRecord = {
  id: collection,
  name: collection,
  scope: collection,
  model: ModelId.parse("conformance-verify"),
  revision: Revision.parse("1"),
  dims: 8,
  description: "",
  pictures: false,
  createdAt: "",
  left: [],
  placesText: null,
};
const space = { id: record.model, revision: record.revision, dims: record.dims };
const { url, apiKey } = env.TEST_QDRANT;
const store = new QdrantStore({ connection: new QdrantConnection({ url, apiKey }), callMs: () => 20_000 });

beforeAll(async () => {
  await store.ensure(space);
  await store.upsert(space, { tenant, collection }, points(200));
});

afterAll(async () => {
  const own = `${url}/collections/${encodeURIComponent(physicalName(space))}`;
  await fetch(own, { method: "DELETE", headers: { "api-key": apiKey } });
});

/** What a search finds if it is not exhaustive. */
const missing = (keep: (hit: Hit, rank: number) => boolean): Parameters<typeof verify>[0] => ({
  store: {
    count: (...call) => store.count(...call),
    get: (...call) => store.get(...call),
    scroll: (...call) => store.scroll(...call),
    async search(at, of, query: SearchQuery) {
      const hits = await store.search(at, of, query);
      return query.effort === "exhaustive" ? hits : hits.filter(keep);
    },
  } as EdgeStore,
  scope: () => ({ tenant, collection }),
});

const recallOf = async (access: Parameters<typeof verify>[0]) =>
  (await verify(access, record, 12, () => 20_000)).places[0]?.recall;

describe("the recall of an index", () => {
  it("is 1 where every search finds what is nearest", async () => {
    expect(await recallOf(missing(() => true))).toMatchObject({ mean: 1, least: 1, lost: 0 });
  });

  it("is the share that searches find, and names the worst of them", async () => {
    // The first hit is the item itself; of the ten others five are left out.
    const recall = await recallOf(missing((_, rank) => rank === 0 || rank % 2 === 0));
    expect(recall).toMatchObject({ mean: expect.closeTo(0.5, 5), least: 0.5, lost: 0 });
    expect(recall?.sample).toBeGreaterThan(5);
    expect(await recallOf(missing(() => false))).toMatchObject({ mean: 0, least: 0 });
  });

  it("names how many items their own vector does not find: those left out, and those whose vector is damaged", async () => {
    const without = await recallOf(missing((_, rank) => rank > 0));
    expect(without).toMatchObject({ mean: 1, lost: without?.sample });
    for (const damage of [1.1, 0.9, Number.NaN]) {
      const access = missing(() => true);
      const search: EdgeStore["search"] = async (...call) =>
        (await store.search(...call)).map((hit) => ({ ...hit, score: hit.score * damage }));
      const damaged = await recallOf({ ...access, store: { ...access.store, search } });
      expect(damaged?.lost).toBe(damaged?.sample);
    }
  });

  it("counts nobody as lost who was deleted or written anew meanwhile", async () => {
    const access = missing((_, rank) => rank > 0);
    const gone: EdgeStore["get"] = async (_, __, ids) => ids.map(() => undefined);
    const anew: EdgeStore["get"] = async (...call) =>
      (await store.get(...call)).map((found) => found && { ...found, vector: found.vector.map((value) => -value) });
    for (const get of [gone, anew])
      expect(await recallOf({ ...access, store: { ...access.store, get } })).toMatchObject({ lost: 0 });
  });

  it("is measured on as many items as there is time for in each place, at least one", async () => {
    let now = 0;
    const slow = missing(() => true);
    const access: typeof slow = {
      ...slow,
      store: {
        ...slow.store,
        async search(at, of, query) {
          if (query.effort === "exhaustive") now += 4000;
          return store.search(at, of, query);
        },
      },
    };
    const migrating: CollectionRecord = { ...record, mirror: { at: record, role: "next", since: 0 } };
    const measured = async (ms: number) => {
      now = 0;
      const { places } = await verify(access, migrating, 12, () => ms - now);
      return places.map(({ recall }) => recall?.sample);
    };
    expect(await measured(30_000)).toEqual([2, 4]);
    expect(await measured(8000)).toEqual([1, 1]);
  });
});
