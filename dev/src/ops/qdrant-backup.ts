/**
 * Backups of a Qdrant: a snapshot of every physical collection on every node, fetched into a folder, checked, and taken off the
 * node again. A node's snapshot holds that node's shards only, so what node 2 made goes back to node 2.
 */
import { createHash } from "node:crypto";
import { createWriteStream, openAsBlob } from "node:fs";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Agent, FormData, fetch, type Response } from "undici";
import { z } from "zod";

export interface QdrantNodes {
  /** Of each node, always in the same order. */
  readonly urls: readonly string[];
  readonly apiKey: string | undefined;
}

interface Told {
  readonly print: (line: string) => void;
}

const INDEX = "backup.json";
const Saved = z.object({ collection: z.string(), file: z.string(), bytes: z.number(), sha256: z.string() });
/** What lies in a backup's folder: of each node, in their order, its files. */
const Backup = z.object({ at: z.iso.datetime(), nodes: z.array(z.array(Saved)).min(1) });
type Backup = z.infer<typeof Backup>;

const Collections = z.object({ collections: z.array(z.object({ name: z.string() })) });
const Snapshot = z.object({ name: z.string(), size: z.number(), checksum: z.string().nullish() });
const Done = z.literal(true);

/** @throws Error that says which node and what; nothing that looks like a backup is left then. */
export async function backUp(nodes: QdrantNodes, folder: string, now: () => Date, { print }: Told): Promise<Backup> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const saved: Backup["nodes"] = [];
  for (const [index, url] of nodes.urls.entries()) {
    const node = nodeAt(url, nodes.apiKey);
    const { collections } = await node.ask("GET", "/collections", Collections);
    const files: Backup["nodes"][number] = [];
    // What else lies in that Qdrant is somebody else's.
    for (const { name } of collections.filter(({ name }) => name.includes("@"))) {
      const file = `node-${index + 1}-${name}.snapshot`;
      const one = await saveOne(node, name, join(partial, file));
      files.push({ collection: name, file, ...one });
      print(`${url}  ${name}: ${one.bytes} bytes`);
    }
    saved.push(files);
  }
  const backup: Backup = { at: now().toISOString(), nodes: saved };
  await writeFile(join(partial, INDEX), JSON.stringify(backup, undefined, 2));
  await rename(partial, folder);
  return backup;
}

/** Replaces what the nodes have of the saved collections. @throws Error before the first change if the backup is not whole. */
export async function restore(nodes: QdrantNodes, folder: string, { print }: Told): Promise<void> {
  const backup = await readBackup(folder);
  if (backup.nodes.length !== nodes.urls.length) {
    const both = `the backup is of ${backup.nodes.length} nodes, and ${nodes.urls.length} are named`;
    throw new Error(`${both}: name as many, in the order in which they were saved`);
  }
  for (const { file, sha256 } of backup.nodes.flat()) {
    if ((await digestOf(join(folder, file))) !== sha256) throw new Error(`${file} is not what was saved`);
  }
  for (const [index, url] of nodes.urls.entries()) {
    const node = nodeAt(url, nodes.apiKey);
    for (const { collection, file, sha256 } of backup.nodes[index] ?? []) {
      const form = new FormData();
      form.set("snapshot", await openAsBlob(join(folder, file)), file);
      const query = new URLSearchParams({ wait: "true", priority: "snapshot", checksum: sha256 });
      await node.ask("POST", `/collections/${collection}/snapshots/upload?${query}`, Done, form);
      print(`${url}  ${collection}: restored`);
    }
  }
}

async function readBackup(folder: string): Promise<Backup> {
  try {
    return Backup.parse(JSON.parse(await readFile(join(folder, INDEX), "utf8")));
  } catch (cause) {
    throw new Error(`there is no backup in ${folder}`, { cause });
  }
}

async function saveOne(node: Node, collection: string, path: string): Promise<{ bytes: number; sha256: string }> {
  const snapshots = `/collections/${collection}/snapshots`;
  const made = await node.ask("POST", `${snapshots}?wait=true`, Snapshot);
  const own = `${snapshots}/${encodeURIComponent(made.name)}`;
  try {
    const sha256 = createHash("sha256");
    const { body } = await node.send("GET", own);
    if (!body) throw new Error(`${made.name} came without a body`);
    await pipeline(
      body,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          sha256.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(path),
    );
    const digest = sha256.digest("hex");
    const { size } = await stat(path);
    const isWhole = size === made.size && (!made.checksum || made.checksum === digest);
    if (!isWhole) throw new Error(`${made.name} did not arrive as it was sent: try again`);
    return { bytes: size, sha256: digest };
  } finally {
    // It takes as much room as the collection itself.
    await node.ask("DELETE", `${own}?wait=true`, Done);
  }
}

async function digestOf(path: string): Promise<string | undefined> {
  const sha256 = createHash("sha256");
  try {
    for await (const chunk of (await openAsBlob(path)).stream()) sha256.update(chunk);
    return sha256.digest("hex");
  } catch {
    return undefined;
  }
}

interface Node {
  send(method: string, path: string, form?: FormData): Promise<Response>;
  ask<T>(method: string, path: string, result: z.ZodType<T>, form?: FormData): Promise<T>;
}

/** A snapshot of a large collection is made, and taken back, for longer than `fetch` waits for an answer by itself. */
const patient = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

function nodeAt(url: string, apiKey: string | undefined): Node {
  const send: Node["send"] = async (method, path, form) => {
    const headers: Record<string, string> = apiKey === undefined ? {} : { "api-key": apiKey };
    const init = { method, headers, dispatcher: patient, ...(form && { body: form }) };
    const response = await fetch(url.replace(/\/$/, "") + path, init).catch((cause: unknown) => {
      throw new Error(`${url} cannot be reached`, { cause });
    });
    if (response.ok) return response;
    const reason = (await response.text()).slice(0, 300);
    throw new Error(`${url} answered ${method} ${path} with ${response.status}: ${reason}`);
  };
  return {
    send,
    ask: async (method, path, result, form) =>
      z.object({ result }).parse(await (await send(method, path, form)).json()).result,
  };
}
