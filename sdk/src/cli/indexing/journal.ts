/**
 * What earlier runs have stored, so that a run that was broken off goes on, and a later one sends only what is new or has
 * changed. One file for each pair of a collection and a source, in the user's state folder (XDG_STATE_HOME, or
 * ~/.local/state), that is only appended to: two digests a line, of an item's id and of what it was made from. The latest
 * line of an id counts. Lines of another length are passed by, which costs an upsert that changes nothing.
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

/** A list may have millions of items. Ids that have the same one displace each other: their items are sent each time. */
const short = (text: string): string => digest(text).slice(0, 16);
/** In the place of a fingerprint, and as long. */
const UNKNOWN = "-".repeat(16);

export class Journal {
  readonly file: string;
  /** By the id's digest, that of the fingerprint. */
  readonly #stored: Map<string, string>;

  private constructor(file: string, stored: Map<string, string>) {
    this.file = file;
    this.#stored = stored;
  }

  static async open(place: Place, environment: Readonly<Record<string, string | undefined>>): Promise<Journal> {
    const { baseUrl, collection, createdAt, source } = place;
    const folder = join(environment.XDG_STATE_HOME || join(homedir(), ".local", "state"), "sightline", "index");
    const file = join(folder, `${collection}-${digest(baseUrl, collection, createdAt, await realpath(source))}.log`);
    const stored = new Map<string, string>();
    const text = await readFile(file, "utf8").catch(() => "");
    for (const line of text.split("\n")) if (line.length === 33) stored.set(line.slice(0, 16), line.slice(17));
    return new Journal(file, stored);
  }

  has(id: string, fingerprint: string): boolean {
    return this.#stored.get(short(id)) === short(fingerprint);
  }

  /** Before an item is sent: if its answer gets lost, the collection may hold what is noted or what was sent. */
  sending(id: string): void {
    const latest = this.#stored.get(short(id)) ?? UNKNOWN;
    if (latest !== UNKNOWN) this.#note(short(id), UNKNOWN);
  }

  add(id: string, fingerprint: string): void {
    this.#note(short(id), short(fingerprint));
  }

  async forget(): Promise<void> {
    this.#stored.clear();
    await rm(this.file, { force: true });
  }

  #note(id: string, latest: string): void {
    if (this.#stored.size === 0) mkdirSync(dirname(this.file), { recursive: true });
    this.#stored.set(id, latest);
    // At once, and not in a buffer that a signal would take with it; on a line of its own, even after one that a full disk cut off.
    appendFileSync(this.file, `\n${id} ${latest}`);
  }
}
