/** What overwritten and deleted points take on the disk is given back while the store is used. */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ModelId, Revision } from "@sightline/shared/ids";
import { itemId, point, scope, seededRandom } from "@sightline/shared/store/conformance/fixtures";
import type { ScrolledPoint } from "@sightline/shared/store/port";
import { normalise } from "@sightline/shared/vectors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type EmbeddedStore, openEmbeddedStore } from "./embedded-store.ts";
import { OpenSpaces } from "./open-spaces.ts";

const DIMS = 64;
const space = { id: ModelId.parse("m"), revision: Revision.parse("1"), dims: DIMS };
const shop = scope("acme", "shop");
const POINTS = 600;
/** Written at once, into a segment of zvec's, which takes 5 MB at least. */
const BATCH = 300;
const idOf = (n: number) => itemId(`item-${n}`);
const vectorOf = (seed: number) => {
  const random = seededRandom(seed);
  const vector = Float32Array.from({ length: DIMS }, () => random() - 0.5);
  normalise(vector);
  return vector;
};
const pointOf = (n: number, version: number) =>
  point(idOf(n), { vector: vectorOf(POINTS * version + n), metadata: { n, version } });
const batch = (version: number, from = 0, to = POINTS) =>
  Array.from({ length: to - from }, (_, i) => pointOf(from + i, version));

let dataDir: string;
let store: EmbeddedStore;
let said: string[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sightline compaction-"));
  said = [];
  store = await open();
  await store.ensure(space);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  await rm(dataDir, { recursive: true });
});

function open(): Promise<EmbeddedStore> {
  const note = (_: object, message: string) => said.push(message);
  return openEmbeddedStore({ dataDir, log: { info: note, warn: note }, minDead: 100, maxInMemory: BATCH });
}
const copied = () => existsSync(join(dataDir, "m@1~compacted"));
/** Writes all points. */
async function write(version: number): Promise<void> {
  for (let from = 0; from < POINTS; from += BATCH) await store.upsert(space, shop, batch(version, from, from + BATCH));
}
/** Overwrites everything, and waits until the compaction that this calls for has begun. */
async function begin(): Promise<void> {
  for (const version of [1, 2]) await write(version);
  await store.upsert(space, shop, batch(2, 0, 1));
  while (!copied()) await delay(1);
}
const compacted = () => said.filter((message) => message === "space compacted").length;
async function untilCompacted(): Promise<void> {
  while (compacted() === 0) await delay(5);
}
async function bytes(): Promise<number> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
const byId = (points: readonly ScrolledPoint[]) => points.toSorted((a, b) => (a.id < b.id ? -1 : 1));
const all = async () => byId((await store.scroll(space, shop, { limit: 5000 })).points);

describe("compaction", () => {
  it("keeps the folder of a collection that is written again and again from growing", async () => {
    await write(1);
    const once = await bytes();
    for (let version = 2; version <= 8; version++) {
      await write(version);
      // What was written during a compaction may call for another one: at the next write.
      await store.upsert(space, shop, batch(version, 0, 1));
      await delay(50);
      while (copied()) await delay(20);
    }
    expect(compacted()).toBeGreaterThan(1);
    await store.close();
    expect(await bytes()).toBeLessThan(4 * once);
    store = await open();
    expect(await all()).toEqual(byId(batch(8)));
  });

  it("gives back what was deleted, at the next deletion after a start too", async () => {
    await write(1);
    const ids = (from: number, to: number) => ({ ids: batch(1, from, to).map(({ id }) => id) });
    await store.delete(space, shop, ids(0, 250));
    await store.close();
    const before = await bytes();
    store = await open();
    expect(compacted()).toBe(0);
    await store.delete(space, shop, ids(250, 550));
    await untilCompacted();
    expect(await store.count(space, shop)).toEqual({ text: 0, image: 50 });
    await store.close();
    expect(await bytes()).toBeLessThan(0.75 * before);
    store = await open();
    expect(await all()).toEqual(byId(batch(1)).filter(({ metadata }) => Number(metadata.n) >= 550));
  });

  it("misses nothing that is written or deleted meanwhile", async () => {
    await begin();
    const versions = new Map(batch(2).map(({ id }) => [id, 2]));
    let rounds = 0;
    for (let version = 3; compacted() === 0; version++, rounds++) {
      const some = batch(version, (37 * version) % 500, ((37 * version) % 500) + 7);
      await store.upsert(space, shop, some);
      for (const { id } of some) versions.set(id, version);
      const gone = idOf((53 * version) % POINTS);
      await store.delete(space, shop, { ids: [gone] });
      versions.delete(gone);
      expect(await store.get(space, shop, [gone])).toEqual([undefined]);
      const hits = await store.search(space, shop, { vector: vectorOf(version), topK: 2000 });
      expect(hits).toHaveLength(versions.size);
    }
    expect(rounds).toBeGreaterThan(1);
    const left = byId([...versions].map(([id, version]) => pointOf(Number(id.slice("item-".length)), version)));
    expect(await all()).toEqual(left);
    await store.close();
    store = await open();
    expect(await all()).toEqual(left);
  });

  it("goes together with a snapshot that is being made", async () => {
    await begin();
    const { name } = await store.snapshots.create();
    await untilCompacted();
    while (store.snapshots.list()[0]?.status === "making") await delay(5);
    await store.delete(space, shop, { everything: true });
    await store.snapshots.restore(name);
    while (store.snapshots.list()[0]?.status === "restoring") await delay(5);
    expect(await all()).toEqual(byId(batch(2)));
  });

  it("goes together with a snapshot that is begun while the folders are exchanged", async () => {
    const { exchange } = OpenSpaces.prototype;
    let begun: unknown;
    vi.spyOn(OpenSpaces.prototype, "exchange").mockImplementation(function (this: OpenSpaces, name, by) {
      const exchanged = exchange.call(this, name, by);
      begun ??= store.snapshots.create();
      return exchanged;
    });
    await begin();
    await untilCompacted();
    await begun;
    while (store.snapshots.list()[0]?.status === "making") await delay(5);
    expect(store.snapshots.list()).toMatchObject([{ status: "whole" }]);
    await store.upsert(space, shop, batch(3, 0, 30));
    await store.close();
    store = await open();
    expect(await all()).toEqual(byId([...batch(3, 0, 30), ...batch(2, 30)]));
  });

  it("gives way to a snapshot that is put back, of which nothing is lost then", async () => {
    await write(1);
    const { name } = await store.snapshots.create();
    while (store.snapshots.list()[0]?.status === "making") await delay(5);
    await store.snapshots.restore(name);
    await write(2);
    await write(3);
    while (store.snapshots.list()[0]?.status === "restoring") await delay(5);
    await delay(50);
    expect([1, 2, 3].map((version) => byId(batch(version)))).toContainEqual(await all());
    await write(4);
    expect(await all()).toEqual(byId(batch(4)));
  });

  it("that fails leaves all as it was, and is tried again later", async () => {
    await begin();
    await rename(join(dataDir, "m@1~compacted"), join(dataDir, "lost"));
    while (said.every((message) => !message.includes("could not be compacted"))) await delay(5);
    expect(await all()).toEqual(byId(batch(2)));
    await store.upsert(space, shop, batch(3, 0, 100));
    expect(copied()).toBe(false);
    await store.upsert(space, shop, batch(3, 100));
    await store.upsert(space, shop, batch(3, 0, 1));
    await untilCompacted();
    expect(await all()).toEqual(byId(batch(3)));
  });

  it("that a shutdown cuts short leaves all as it was", async () => {
    await begin();
    await store.close();
    expect(compacted()).toBe(0);
    expect(copied()).toBe(false);
    store = await open();
    expect(await all()).toEqual(byId(batch(2)));
    await store.delete(space, shop, { ids: [idOf(0)] });
    await untilCompacted();
    expect(await all()).toEqual(byId(batch(2)).slice(1));
  });
});
