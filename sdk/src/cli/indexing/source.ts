/** What `index` reads: a folder of pictures, or a file with an item in each line. */
import { createReadStream, type Stats } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { createInterface } from "node:readline";
import type { ItemInput } from "../../collection-types.ts";
import { UsageError } from "../exit-codes.ts";

/** The API takes no larger ones: they are not even read. `source.test.ts` holds the number to the API's own. */
export const IMAGE_BYTES = 10 * 2 ** 20;

const PICTURE = /\.(jpe?g|png|webp|gif|avif)$/i;

export interface Entry {
  /** For messages: the path of a file, or the number of a line. */
  readonly label: string;
  /** The item's; undefined if it has none, and `load` says why. */
  readonly id: string | undefined;
  /** Changes when what it stands for changes. */
  readonly fingerprint: string;
  /** @throws Error that says what is wrong with it. */
  load(): Promise<ItemInput>;
}

export interface Source {
  readonly total: number;
  entries(): AsyncIterable<Entry>;
}

/** @throws UsageError if there is no such thing, or nothing in it that could be indexed. */
export async function openSource(path: string): Promise<Source> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new UsageError(`there is no ${path}`);
  const source = found.isDirectory() ? await openFolder(path) : await openLines(path);
  if (source.total > 0) return source;
  throw new UsageError(
    found.isDirectory() ? `there is no JPEG, PNG, WebP, GIF or AVIF file in ${path}` : `${path} is empty`,
  );
}

/** Ids are paths below the folder, with `/` on every system; the metadata holds them in two parts, to filter by. */
async function openFolder(folder: string): Promise<Source> {
  const { pictures, closed } = await listPictures(folder);
  async function* entries(): AsyncGenerator<Entry> {
    for (const { name, reason } of closed) {
      const load = () => Promise.reject(new Error(`the folder cannot be read: ${reason}`));
      yield { label: join(folder, name), id: undefined, fingerprint: "", load };
    }
    for (const name of pictures.sort()) {
      const file = join(folder, name);
      const id = name.split(sep).join("/");
      const found = await stat(file).catch(() => undefined);
      if (found && !found.isFile()) continue;
      yield {
        label: file,
        id,
        fingerprint: `${id} ${stateOf(found)}`,
        load: async () => ({
          id,
          image: await readPicture(file),
          metadata: { folder: id.slice(0, Math.max(0, id.lastIndexOf("/"))), name: id.slice(id.lastIndexOf("/") + 1) },
        }),
      };
    }
  }
  return { total: closed.length + pictures.length, entries };
}

interface Listing {
  /** Paths below the folder. */
  readonly pictures: string[];
  /** Folders that cannot be read, and why. */
  readonly closed: { readonly name: string; readonly reason: string }[];
}

/** However deep; links to folders are passed by, since one to a folder above would never end. */
async function listPictures(root: string): Promise<Listing> {
  const listing: Listing = { pictures: [], closed: [] };
  const folders = [""];
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    try {
      for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
        const name = join(below, entry.name);
        if (entry.isDirectory()) folders.push(name);
        else if (PICTURE.test(name)) listing.pictures.push(name);
      }
    } catch (error) {
      listing.closed.push({ name: below, reason: (error as Error).message });
    }
  }
  return listing;
}

/** A line is an item as the API takes it; instead of `image` it may name a `file`, below the folder of the list. */
async function openLines(list: string): Promise<Source> {
  const lines = () => createInterface({ input: createReadStream(list), crlfDelay: Number.POSITIVE_INFINITY });
  let total = 0;
  for await (const line of lines()) if (line.trim() !== "") total++;
  async function* entries(): AsyncGenerator<Entry> {
    let number = 0;
    for await (const line of lines()) {
      number++;
      if (line.trim() !== "") yield { label: `${list}:${number}`, ...(await readLine(line, dirname(list))) };
    }
  }
  return { total, entries };
}

async function readLine(line: string, folder: string): Promise<Omit<Entry, "label">> {
  try {
    const { item, file } = parseLine(line, folder);
    if (file === undefined) return { id: item.id, fingerprint: line, load: async () => item as ItemInput };
    const found = await stat(file).catch(() => undefined);
    return {
      id: item.id,
      fingerprint: `${line} ${stateOf(found)}`,
      load: async () => ({ ...item, image: await readPicture(file) }),
    };
  } catch (error) {
    return { id: undefined, fingerprint: line, load: () => Promise.reject(error) };
  }
}

interface Line {
  /** Without its file. */
  readonly item: { readonly id: string };
  readonly file: string | undefined;
}

/** @throws Error that says what is wrong with it. */
function parseLine(line: string, folder: string): Line {
  const item: unknown = JSON.parse(line);
  if (typeof item !== "object" || item === null || typeof (item as { id?: unknown }).id !== "string") {
    throw new Error('an item is an object with an "id"');
  }
  const { file, ...rest } = item as { readonly id: string; readonly file?: unknown };
  if (file !== undefined && typeof file !== "string") throw new Error('"file" is the path of a picture');
  return { item: rest, file: file === undefined ? undefined : resolve(folder, file) };
}

/** What tells a picture that was changed, without reading it. */
const stateOf = (found: Stats | undefined): string => `${found?.size} ${found?.mtimeMs}`;

async function readPicture(file: string): Promise<Uint8Array> {
  const { size } = await stat(file);
  if (size > IMAGE_BYTES) throw new Error(`larger than ${IMAGE_BYTES / 2 ** 20} MB: scale the picture down first`);
  if (size === 0) throw new Error("the file is empty");
  return readFile(file);
}
