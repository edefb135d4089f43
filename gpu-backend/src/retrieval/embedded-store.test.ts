import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ItemId, ModelId, Revision } from "@sightline/shared/ids";
import { describeVectorStore } from "@sightline/shared/store/conformance";
import { exactSearch, idsOf, point, scope, seededRandom, vectorOf } from "@sightline/shared/store/conformance/fixtures";
import type { Point, VectorSpace, VectorStore } from "@sightline/shared/store/port";
import { normalise } from "@sightline/shared/vectors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEmbeddedStore } from "./embedded-store.ts";

const log = { info() {}, warn() {} };
const newFolder = () => mkdtemp(join(tmpdir(), "sightline vectors-"));
const spaceOf = (dims: number): VectorSpace => ({ id: ModelId.parse("m"), revision: Revision.parse("1"), dims });

describeVectorStore("embedded", async () => {
  const dataDir = await newFolder();
  return { store: await openEmbeddedStore({ dataDir, log }), dispose: () => rm(dataDir, { recursive: true }) };
});

describeVectorStore("embedded, written out again and again", async () => {
  const dataDir = await newFolder();
  const store = await openEmbeddedStore({ dataDir, log, maxInMemory: 20 });
  return { store, dispose: () => rm(dataDir, { recursive: true }) };
});

describeVectorStore("embedded, compacted again and again", async () => {
  const dataDir = await newFolder();
  const store = await openEmbeddedStore({ dataDir, log, maxInMemory: 50, minDead: 1 });
  return { store, dispose: () => rm(dataDir, { recursive: true }) };
});

describe("the embedded vector store on disk", () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await newFolder();
  });
  afterAll(() => rm(dataDir, { recursive: true }));

  const shop = scope("acme", "shop");

  it("has everything after it was closed and opened again, before its space is ensured", async () => {
    const apple = point("apple", { metadata: { colour: "red" } });
    const first = await openEmbeddedStore({ dataDir, log });
    await first.ensure(spaceOf(8));
    await first.upsert(spaceOf(8), shop, [apple, point("pear")]);
    await first.delete(spaceOf(8), shop, { filter: { field: "colour", exists: false } });
    await first.close();
    const second = await openEmbeddedStore({ dataDir, log });
    expect(await second.get(spaceOf(8), shop, [apple.id])).toEqual([apple]);
    expect(await second.count(spaceOf(8), shop)).toEqual({ text: 0, image: 1 });
    await second.close();
  });

  it("is healthy while it writes", async () => {
    const store = await openEmbeddedStore({ dataDir, log });
    const writing = store.upsert(spaceOf(8), shop, [point("apple")]);
    const deleting = store.delete(spaceOf(8), shop, { filter: { field: "colour", eq: "blue" } });
    expect(await store.health()).toMatchObject({ status: "ok" });
    await writing;
    expect(await store.health()).toMatchObject({ status: "ok" });
    await deleting;
    await store.close();
  });

  it("lets the calls under way end before it closes, and refuses later ones", async () => {
    const store = await openEmbeddedStore({ dataDir, log });
    await store.ensure(spaceOf(8));
    const search = store.search(spaceOf(8), shop, { vector: vectorOf(1), topK: 10 });
    await Promise.all([store.close(), store.close()]);
    expect(await search).toHaveLength(1);
    await expect(store.count(spaceOf(8), shop)).rejects.toMatchObject({ code: "store_unavailable" });
    await expect(store.ensure(spaceOf(8))).rejects.toMatchObject({ code: "store_unavailable" });
    expect(await store.health()).toMatchObject({ status: "down" });
  });

  it("writes out its memory again and again, while it is read and written", async () => {
    const folder = await newFolder();
    const store = await openEmbeddedStore({ dataDir: folder, log, maxInMemory: 20 });
    await store.ensure(spaceOf(8));
    const before = await readdir(folder, { recursive: true });
    const query = { vector: vectorOf(1), topK: 1000 };
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
          const written = point(`item-${round}-${i}`);
          await store.upsert(spaceOf(8), shop, [written]);
          expect(idsOf(await store.search(spaceOf(8), shop, query))).toContain(written.id);
        }),
      );
    }
    expect(await store.count(spaceOf(8), shop)).toEqual({ text: 0, image: 300 });
    const after = await readdir(folder, { recursive: true });
    expect(after.length).toBeGreaterThan(before.length + 10);
    await store.close();
    await rm(folder, { recursive: true });
  });

  it("refuses a revision whose vectors have changed their length", async () => {
    const store = await openEmbeddedStore({ dataDir, log });
    await expect(store.ensure(spaceOf(16))).rejects.toMatchObject({
      code: "store_unavailable",
      cause: { message: expect.stringContaining("8 dimensions, not 16") },
    });
    await store.close();
  });

  it("refuses to write into a space that was never ensured", async () => {
    const store = await openEmbeddedStore({ dataDir, log });
    const space = { ...spaceOf(8), revision: Revision.parse("unheard-of") };
    await expect(store.upsert(space, shop, [point("a")])).rejects.toMatchObject({ code: "store_unavailable" });
    await store.close();
  });
});

describe("the embedded vector store with 20 000 points", () => {
  const DIMS = 64;
  const space = spaceOf(DIMS);
  const [big, small] = [scope("big", "shop"), scope("small", "shop")];
  const random = seededRandom(42);
  const direction = (spread: number, centre?: Float32Array) => {
    const vector = Float32Array.from({ length: DIMS }, (_, i) => (centre?.[i] ?? 0) + spread * (random() - 0.5));
    normalise(vector);
    return vector;
  };
  const centres = Array.from({ length: 40 }, () => direction(1));
  const clustered = () => direction(0.3, centres[Math.floor(random() * centres.length)]);
  const all = Array.from({ length: 20_000 }, (_, n): Point => {
    const metadata = { n, rare: n % 4000 === 1 };
    return point(`item-${n}`, { vector: clustered(), metadata });
  });
  const theirs = all.filter((_, n) => n % 100 === 0);
  const ours = all.filter((_, n) => n % 100 !== 0);

  let dataDir: string;
  let store: VectorStore;
  beforeAll(async () => {
    dataDir = await newFolder();
    store = await openEmbeddedStore({ dataDir, log });
    await store.ensure(space);
    for (let from = 0; from < all.length; from += 1000) {
      const batch = all.slice(from, from + 1000);
      await store.upsert(
        space,
        small,
        batch.filter((p) => theirs.includes(p)),
      );
      await store.upsert(
        space,
        big,
        batch.filter((p) => !theirs.includes(p)),
      );
    }
  });
  afterAll(async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
  });

  it.each([
    ["a tenant that owns most", big, ours],
    ["a tenant that owns one in a hundred", small, theirs],
  ])("finds the true nearest for %s", async (_, scope, points) => {
    let found = 0;
    for (let n = 0; n < 20; n++) {
      const query = { vector: clustered(), topK: 10 };
      const expected = new Set<ItemId>(idsOf(exactSearch(points, query)));
      const hits = await store.search(space, scope, query);
      found += hits.filter((hit) => expected.has(hit.id)).length;
    }
    expect(found / 200).toBeGreaterThanOrEqual(0.95);
  });

  it("finds the few that match a filter, however far from the query", async () => {
    const query = { vector: clustered(), topK: 10, filter: { field: "rare", eq: true } };
    const hits = await store.search(space, big, query);
    expect(hits).toHaveLength(5);
    expect(idsOf(hits)).toEqual(idsOf(exactSearch(ours, query)));
  });

  it("counts, pages through and deletes far more than one slice holds", async () => {
    expect(await store.count(space, big)).toEqual({ text: 0, image: ours.length });
    const seen = new Set<ItemId>();
    let cursor: string | undefined;
    do {
      const page = await store.scroll(space, big, { limit: 1500, cursor });
      for (const id of idsOf(page.points)) seen.add(id);
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen.size).toBe(ours.length);
    expect(await store.delete(space, big, { filter: { field: "n", lt: 10_000 } })).toBe(ours.length / 2);
    expect(await store.delete(space, big, { everything: true })).toBe(ours.length / 2);
    expect(await store.count(space, small)).toEqual({ text: 0, image: theirs.length });
  });
});
