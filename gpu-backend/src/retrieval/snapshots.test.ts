/** Snapshots of a store on disk, while it is used. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ModelId, Revision, SnapshotName } from "@sightline/shared/ids";
import type { Snapshot } from "@sightline/shared/internal/protocol";
import { idsOf, point, points, scope, vectorOf } from "@sightline/shared/store/conformance/fixtures";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EmbeddedStore, openEmbeddedStore } from "./embedded-store.ts";

const log = { info() {}, warn() {} };
const spaceOf = (revision: string) => ({ id: ModelId.parse("m"), revision: Revision.parse(revision), dims: 8 });
const [first, second] = [spaceOf("1"), spaceOf("2")];
const shop = scope("acme", "shop");
const other = scope("rival", "shop");

let dataDir: string;
let store: EmbeddedStore;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sightline snapshots-"));
  store = await openEmbeddedStore({ dataDir, log });
  for (const space of [first, second]) await store.ensure(space);
});
afterEach(async () => {
  await store.close();
  await rm(dataDir, { recursive: true });
});

/** Waits until nothing is worked on. @returns the last one. */
async function finished(): Promise<Snapshot> {
  for (;;) {
    const last = store.snapshots.list().at(-1);
    if (last?.status === "whole" || last?.status === "failed") return last;
    await delay(10);
  }
}
const made = async (): Promise<SnapshotName> => {
  await store.snapshots.create();
  const { name, status } = await finished();
  expect(status).toBe("whole");
  return name;
};
const all = async (space = first, of = shop) => (await store.scroll(space, of, { limit: 5000 })).points;

describe("a snapshot", () => {
  it("brings back every tenant's points of every space as they were, with vectors, metadata and texts", async () => {
    await store.upsert(
      first,
      shop,
      points(300, (n) => ({ n })),
    );
    await store.upsert(first, other, [point("theirs", { text: "a text", modality: "text" })]);
    await store.upsert(second, shop, [point("newer", { vector: vectorOf(4) })]);
    const before = await Promise.all([all(), all(first, other), all(second)]);
    const name = await made();
    await store.delete(first, shop, { everything: true });
    await store.upsert(first, other, [point("theirs"), point("late")]);
    await store.upsert(second, shop, [point("newer", { vector: vectorOf(5) })]);
    await store.snapshots.restore(name);
    expect(await finished()).toEqual({ name, status: "whole" });
    expect(await Promise.all([all(), all(first, other), all(second)])).toEqual(before);
    expect(idsOf(await store.search(second, shop, { vector: vectorOf(4), topK: 1 }))).toEqual(["newer"]);
    // It is still there, to be restored again, and what is written now is kept.
    await store.upsert(first, shop, [point("after")]);
    await store.close();
    store = await openEmbeddedStore({ dataDir, log });
    expect(await all()).toHaveLength(301);
    expect(store.snapshots.list()).toEqual([{ name, status: "whole" }]);
  });

  it("holds all that was acknowledged before it began, whatever is written, deleted and searched meanwhile", async () => {
    await store.upsert(first, shop, points(2000));
    const making = made();
    let written = 0;
    for (; store.snapshots.list().at(-1)?.status === "making"; written++) {
      await store.upsert(first, shop, [point(`new-${written}`), point(`gone-${written}`)]);
      await store.delete(first, shop, { ids: idsOf([point(`gone-${written}`)]) });
      expect(await store.search(first, shop, { vector: vectorOf(written), topK: 5 })).toHaveLength(5);
    }
    expect(written).toBeGreaterThan(0);
    const name = await making;
    await store.snapshots.restore(name);
    await finished();
    const kept = idsOf(await all()).filter((id) => id.startsWith("item-"));
    expect(kept.sort()).toEqual(idsOf(points(2000)).sort());
  });

  it("lets calls wait while it is restored, and fails none", async () => {
    await store.upsert(first, shop, points(500));
    const name = await made();
    await store.snapshots.restore(name);
    let calls = 0;
    for (; store.snapshots.list().at(-1)?.status === "restoring"; calls++) {
      const query = { vector: vectorOf(calls), topK: 3 };
      expect(await store.search(first, shop, query)).toHaveLength(3);
      await delay(1);
    }
    expect(calls).toBeGreaterThan(0);
    expect(await all()).toHaveLength(500);
  });

  it("is one at a time, and none by a name that there is not", async () => {
    await store.upsert(first, shop, points(500));
    const { name } = await store.snapshots.create();
    await expect(store.snapshots.create()).rejects.toMatchObject({ code: "snapshot_conflict" });
    expect(store.snapshots.list()).toMatchObject([{ name, status: "making", total: 500 }]);
    await finished();
    const nobody = SnapshotName.parse("nobody");
    await expect(store.snapshots.restore(nobody)).rejects.toMatchObject({ code: "snapshot_not_found" });
  });

  it("is deleted at once, and not while one is worked on", async () => {
    await store.upsert(first, shop, points(300));
    const name = await made();
    await store.snapshots.restore(name);
    await expect(store.snapshots.delete(name)).rejects.toMatchObject({ code: "snapshot_conflict" });
    await finished();
    const deleting = store.snapshots.delete(name);
    expect(store.snapshots.list()).toEqual([]);
    await deleting;
    expect(readdirSync(join(dataDir, "snapshots"))).toEqual([]);
    await expect(store.snapshots.delete(name)).rejects.toMatchObject({ code: "snapshot_not_found" });
    expect(await all()).toHaveLength(300);
  });

  it("whose deletion was killed is gone at the next start", async () => {
    const name = await made();
    const folder = join(dataDir, "snapshots", name);
    renameSync(folder, `${folder}.deleted`);
    await store.close();
    store = await openEmbeddedStore({ dataDir, log });
    expect(readdirSync(join(dataDir, "snapshots"))).toEqual([]);
  });

  it.each(["2.draft", "2.restored", "2.compacted", "2.replaced", "2.kept"])(
    "holds revision %s too, as a restart leaves it",
    async (revision) => {
      const space = spaceOf(revision);
      await store.ensure(space);
      await store.upsert(space, shop, [point("a")]);
      await store.close();
      store = await openEmbeddedStore({ dataDir, log });
      expect(idsOf(await all(space))).toEqual(["a"]);
      const name = await made();
      await store.delete(space, shop, { everything: true });
      await store.snapshots.restore(name);
      await finished();
      expect(idsOf(await all(space))).toEqual(["a"]);
    },
  );

  it("that a shutdown cuts short is never taken for one", async () => {
    await store.upsert(first, shop, points(2000));
    await store.snapshots.create();
    await store.close();
    // Killed while it makes another one.
    mkdirSync(join(dataDir, "snapshots", "another.partial", "m@1"), { recursive: true });
    store = await openEmbeddedStore({ dataDir, log });
    expect(store.snapshots.list()).toEqual([]);
    await made();
    expect(readdirSync(join(dataDir, "snapshots"))).toHaveLength(1);
  });

  it("that fails leaves nothing behind that would keep a full disk full", async () => {
    await store.upsert(first, shop, points(500));
    const { name } = await store.snapshots.create();
    mkdirSync(join(dataDir, "snapshots", `${name}.partial`, "m@2", "in the way"), { recursive: true });
    expect(await finished()).toMatchObject({ status: "failed" });
    expect(readdirSync(join(dataDir, "snapshots"))).toEqual([]);
  });

  it.skipIf(process.platform === "win32")("whose restoring fails leaves nothing behind either", async () => {
    await store.upsert(first, shop, [point("a")]);
    const name = await made();
    // Nothing that can be copied.
    execFileSync("mkfifo", [join(dataDir, "snapshots", name, "m@1", "pipe")]);
    await store.snapshots.restore(name);
    expect(await finished()).toEqual({ name, status: "failed" });
    expect(readdirSync(dataDir).filter((entry) => entry.startsWith("m@"))).toEqual(["m@1", "m@2"]);
    expect(idsOf(await all())).toEqual(["a"]);
  });

  it("is not mixed with what a restoring left that was killed", async () => {
    const name = await made();
    const place = join(dataDir, "m@1");
    mkdirSync(join(`${place}~restored`, "of another snapshot"), { recursive: true });
    await store.snapshots.restore(name);
    expect(await finished()).toEqual({ name, status: "whole" });
    expect(existsSync(join(place, "of another snapshot"))).toBe(false);
  });

  it("whose restoring was killed leaves the space as it was, or as it is to be", async () => {
    await store.upsert(first, shop, [point("a")]);
    await store.close();
    const place = join(dataDir, "m@1");
    // Killed between the two renames, and before the copying was done.
    renameSync(place, `${place}~replaced`);
    mkdirSync(`${place}~restored`);
    store = await openEmbeddedStore({ dataDir, log });
    expect(idsOf(await all())).toEqual(["a"]);
    expect([`${place}~restored`, `${place}~replaced`].filter((path) => existsSync(path))).toEqual([]);
  });
});
