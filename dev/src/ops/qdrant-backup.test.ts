import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelId, Revision } from "@sightline/shared/ids";
import { point, scope } from "@sightline/shared/store/conformance/fixtures";
import { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startQdrantDouble } from "../qdrant/server.ts";
import { runQdrant } from "./qdrant.ts";
import { backUp, restore } from "./qdrant-backup.ts";

const apiKey = "k";
const space = { id: ModelId.parse("m"), revision: Revision.parse("1"), dims: 8 };
const shop = scope("acme", "shop");
const quiet = { print: () => undefined };
const at = () => new Date("2026-11-21T12:00:00Z");

let dir: string;
let servers: Awaited<ReturnType<typeof startQdrantDouble>>[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sightline backup-"));
  servers = await Promise.all([startQdrantDouble({ apiKey }), startQdrantDouble({ apiKey })]);
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await rm(dir, { recursive: true });
});

const urls = () => servers.map(({ url }) => url);
const nodes = () => ({ urls: urls(), apiKey });
const storeAt = (url = "") =>
  new QdrantStore({ connection: new QdrantConnection({ url, apiKey }), callMs: () => 5000 });
const listed = async (url: string, path: string) =>
  (await (await fetch(url + path, { headers: { "api-key": apiKey } })).json()).result;

it("brings back on every node what it had, and leaves no snapshot there", async () => {
  const stores = urls().map(storeAt);
  for (const [i, store] of stores.entries()) {
    await store.ensure(space);
    await store.upsert(space, shop, [point(`of-node-${i}`), point("of-both", { metadata: { node: i } })]);
  }
  const before = await Promise.all(stores.map((store) => store.scroll(space, shop, { limit: 10 })));
  const backup = await backUp(nodes(), join(dir, "one"), at, quiet);
  expect(backup.nodes.map((files) => files.map(({ collection }) => collection))).toEqual([["m@1"], ["m@1"]]);
  for (const url of urls()) expect(await listed(url, "/collections/m@1/snapshots")).toEqual([]);

  await stores[0]?.delete(space, shop, { everything: true });
  await stores[1]?.upsert(space, shop, [point("later")]);
  await restore(nodes(), join(dir, "one"), quiet);
  expect(await Promise.all(stores.map((store) => store.scroll(space, shop, { limit: 10 })))).toEqual(before);
});

it("passes over collections that are not ours", async () => {
  const body = JSON.stringify({ vectors: { size: 2, distance: "Cosine" } });
  await fetch(`${urls()[0]}/collections/other`, { method: "PUT", headers: { "api-key": apiKey }, body });
  const { nodes: saved } = await backUp(nodes(), join(dir, "one"), at, quiet);
  expect(saved).toEqual([[], []]);
});

it("leaves nothing that looks like a backup when a node is away", async () => {
  await storeAt(urls()[0]).ensure(space);
  const withOneAway = { urls: [urls()[0] ?? "", "http://127.0.0.1:1"], apiKey };
  await expect(backUp(withOneAway, join(dir, "one"), at, quiet)).rejects.toThrow("127.0.0.1:1 cannot be reached");
  await expect(restore(nodes(), join(dir, "one"), quiet)).rejects.toThrow(/there is no backup in/);
});

it("says what a node answers to a wrong key", async () => {
  await expect(backUp({ ...nodes(), apiKey: "other" }, join(dir, "one"), at, quiet)).rejects.toThrow(
    /GET \/collections with 401: Invalid API key/,
  );
});

it("changes nothing if a file is damaged, or the nodes are not as many", async () => {
  const store = storeAt(urls()[0]);
  await store.ensure(space);
  await store.upsert(space, shop, [point("a")]);
  await backUp(nodes(), join(dir, "one"), at, quiet);
  await expect(restore({ ...nodes(), urls: urls().slice(1) }, join(dir, "one"), quiet)).rejects.toThrow(
    "the backup is of 2 nodes, and 1 are named",
  );
  await store.upsert(space, shop, [point("b")]);
  const [file = ""] = (await readdir(join(dir, "one"))).filter((name) => name.endsWith(".snapshot"));
  await writeFile(join(dir, "one", file), "damaged");
  await expect(restore(nodes(), join(dir, "one"), quiet)).rejects.toThrow(`${file} is not what was saved`);
  expect(await store.count(space, shop)).toEqual({ text: 0, image: 2 });
});

it("asks a node at port 6333 unless its URL names one, as the services do", async () => {
  const asked = (QDRANT_URL: string) =>
    runQdrant({ command: "qdrant-backup", folder: join(dir, "one") }, { QDRANT_URL }, () => undefined);
  await expect(asked("http://node.invalid")).rejects.toThrow("http://node.invalid:6333 cannot be reached");
  await expect(asked("https://node.invalid/below/")).rejects.toThrow(
    "https://node.invalid:6333/below cannot be reached",
  );
  await expect(asked("https://node.invalid:443")).rejects.toThrow("https://node.invalid:443 cannot be reached");
  await expect(asked("node:6333")).rejects.toThrow('"node:6333" is no URL of a node');
});
