/** What a kill or a full disk in the midst of a closing leaves behind, and what the next opening makes of it. */
import { statSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ModelId, Revision } from "@sightline/shared/ids";
import { points, scope } from "@sightline/shared/store/conformance/fixtures";
import type { Point } from "@sightline/shared/store/port";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openEmbeddedStore } from "./embedded-store.ts";

const links = vi.hoisted(() => ({ areRefused: false }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const linkSync = (from: string, to: string) => {
    if (links.areRefused) throw Object.assign(new Error("operation not permitted"), { code: "EPERM" });
    fs.linkSync(from, to);
  };
  return { ...fs, linkSync };
});

const space = { id: ModelId.parse("m"), revision: Revision.parse("1"), dims: 8 };
const shop = scope("acme", "shop");
const all = points(60);

let dataDir: string;
let said: string[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sightline closing-"));
  said = [];
});
afterEach(async () => {
  for (const folder of [dataDir, `${dataDir} killed`]) await rm(folder, { recursive: true, force: true });
});

async function open(folder = dataDir, maxInMemory = 1000) {
  const note = (_: object, message: string) => said.push(message);
  const store = await openEmbeddedStore({ dataDir: folder, log: { info: note, warn: note }, maxInMemory });
  await store.ensure(space);
  return store;
}
/** What the process would leave if it were killed now, without what is in the way. */
async function killed(): Promise<string> {
  const copy = `${dataDir} killed`;
  await rm(copy, { recursive: true, force: true });
  await cp(dataDir, copy, { recursive: true, filter: (path) => !path.endsWith("lock.json") && !isInTheWay(path) });
  return copy;
}
async function expectAll(folder: string, expected: readonly Point[]): Promise<void> {
  const store = await open(folder);
  const got = await store.get(
    space,
    shop,
    all.map(({ id }) => id),
  );
  expect(got.filter((point) => point !== undefined)).toEqual(expected);
  expect(await store.count(space, shop)).toEqual({ text: 0, image: expected.length });
  await store.close();
}
/** A folder where zvec is to write a file when it closes. It fails as on a full disk: the map of ids is written, the manifest is not. */
const inTheWay = () => join(dataDir, "m@1", "0", "scalar.index.1.rocksdb", FILE);
const FILE = "000022.sst";
const isInTheWay = (path: string) => basename(path) === FILE && statSync(path).isDirectory();

describe.each([
  ["with hard links", false],
  ["without hard links", true],
])("on a file system %s a closing", (_, areRefused) => {
  beforeEach(() => void Object.assign(links, { areRefused }));

  it("that fails half-way loses nothing, and the space is used on", async () => {
    const store = await open(dataDir, 20);
    await mkdir(inTheWay());
    await store.upsert(space, shop, all.slice(0, 30));
    while (!said.some((message) => message.includes("could not be written out"))) await delay(5);
    expect(await store.get(space, shop, [all[0]!.id])).toEqual([all[0]]);
    await expectAll(await killed(), all.slice(0, 30));
    await rm(inTheWay(), { recursive: true });
    await store.upsert(space, shop, all.slice(30));
    await expectAll(await killed(), all);
    await store.close();
    await expectAll(dataDir, all);
  });

  it("that is cut short after zvec wrote its map of ids is undone at the next start", async () => {
    const store = await open();
    await store.upsert(space, shop, all);
    await mkdir(inTheWay());
    await expect(store.close()).rejects.toMatchObject({ code: "store_unavailable" });
    await expectAll(await killed(), all);
  });

  it("leaves nothing beside the space", async () => {
    const store = await open();
    await store.upsert(space, shop, all);
    await store.close();
    expect(await readdir(dataDir)).toEqual(["m@1"]);
  });
});
