/**
 * The beginning of a file that is being fetched. It is named after the digest of the whole, so that a part is never
 * continued with another file, and lies on the file system of its destination, so that the last step is a rename.
 */
import { type FileHandle, mkdir, open, rename, rm, stat, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";

export class PartFile {
  readonly folder: string;
  readonly name: string;
  readonly #path: string;

  constructor(folder: string, sha256: string) {
    this.folder = folder;
    this.name = sha256;
    this.#path = join(folder, sha256);
  }

  /** Bytes that are there; 0 if there is no such file. */
  async size(): Promise<number> {
    return (await stat(this.#path).catch(() => undefined))?.size ?? 0;
  }

  /** Empties it. */
  async begin(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    if ((await this.size()) > 0) await truncate(this.#path);
  }

  /** @returns a handle that writes at the end. */
  openForAppend(): Promise<FileHandle> {
    return open(this.#path, "a");
  }

  async discard(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  /** Atomic: whoever looks at the destination sees the old file or the whole new one. */
  async moveTo(destination: string): Promise<void> {
    await mkdir(dirname(destination), { recursive: true });
    await rename(this.#path, destination);
  }
}
