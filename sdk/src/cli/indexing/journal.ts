/**
 * What earlier runs have stored, so that a run that was broken off goes on, and a later one sends only what is new or has
 * changed. One file for each pair of a collection and a source, in the user's state folder (XDG_STATE_HOME, or
 * ~/.local/state), a digest a line. A line that got lost costs an upsert that changes nothing.
 */
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync } from "node:fs";
import { readFile, realpath, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

export interface Place {
  readonly baseUrl: string;
  readonly collection: string;
  /** A collection that was deleted and made again is another one. */
  readonly createdAt: string;
  /** Folder or file. */
  readonly source: string;
}

const digest = (...parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32);

export class Journal {
  readonly file: string;
  readonly #stored: Set<string>;

  private constructor(file: string, stored: Set<string>) {
    this.file = file;
    this.#stored = stored;
  }

  static async open(place: Place, environment: Readonly<Record<string, string | undefined>>): Promise<Journal> {
    const { baseUrl, collection, createdAt, source } = place;
    const folder = join(environment.XDG_STATE_HOME || join(homedir(), ".local", "state"), "sightline", "index");
    const file = join(folder, `${collection}-${digest(baseUrl, collection, createdAt, await realpath(source))}.log`);
    const text = await readFile(file, "utf8").catch(() => "");
    return new Journal(file, new Set(text.split("\n").filter((line) => line.length === 32)));
  }

  has(fingerprint: string): boolean {
    return this.#stored.has(digest(fingerprint));
  }

  add(fingerprint: string): void {
    const line = digest(fingerprint);
    if (this.#stored.size === 0) mkdirSync(dirname(this.file), { recursive: true });
    this.#stored.add(line);
    // At once, and not in a buffer that a signal would take with it.
    appendFileSync(this.file, `${line}\n`);
  }

  async forget(): Promise<void> {
    this.#stored.clear();
    await rm(this.file, { force: true });
  }
}
