/**
 * The beginning of a file that is being fetched. It is named after the digest of the whole, so that a part is never
 * continued with another file, and lies on the file system of its destination, so that the last step is a rename.
 */
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";

/** From where the part came, as that server named its version. */
const Origin = z.object({ url: z.string(), etag: z.string() });

export class PartFile {
  readonly folder: string;
  readonly name: string;
  readonly #path: string;
  readonly #originPath: string;

  constructor(folder: string, sha256: string) {
    this.folder = folder;
    this.name = sha256;
    this.#path = join(folder, sha256);
    this.#originPath = `${this.#path}.origin.json`;
  }

  /** Bytes that are there; 0 if there is no such file. */
  async size(): Promise<number> {
    return (await stat(this.#path).catch(() => undefined))?.size ?? 0;
  }

  /** @returns the ETag under which this URL gave the part; undefined if it came from another, or had none. */
  async etagFrom(url: URL): Promise<string | undefined> {
    try {
      const origin = Origin.parse(JSON.parse(await readFile(this.#originPath, "utf8")));
      return origin.url === url.href ? origin.etag : undefined;
    } catch {
      return undefined;
    }
  }

  /** Empties it: what follows comes from `url`. */
  async begin(url: URL, etag: string | undefined): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    if ((await this.size()) > 0) await truncate(this.#path);
    if (etag === undefined) await rm(this.#originPath, { force: true });
    else await writeFile(this.#originPath, JSON.stringify({ url: url.href, etag }));
  }

  /** @returns a handle that writes at the end. */
  openForAppend(): Promise<FileHandle> {
    return open(this.#path, "a");
  }

  async discard(): Promise<void> {
    await rm(this.#path, { force: true });
    await rm(this.#originPath, { force: true });
  }

  /** Atomic: whoever looks at the destination sees the old file or the whole new one. */
  async moveTo(destination: string): Promise<void> {
    await mkdir(dirname(destination), { recursive: true });
    await rename(this.#path, destination);
    await rm(this.#originPath, { force: true });
  }
}
