/**
 * How many of a space's rows were overwritten or deleted and still lie in its folder: zvec does not tell. Kept in a file of the
 * folder, so that it goes where the folder goes. The death of the process forgets a thousand of them at most.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const FILE = "dead-rows.json";
/** Rows counted before the file is written again. */
const SAVE_AFTER = 1024;

export class DeadRows {
  readonly #path: string;
  #count: number;
  #saved: number;

  constructor(folder: string) {
    this.#path = join(folder, FILE);
    this.#count = this.#saved = read(this.#path);
  }

  get count(): number {
    return this.#count;
  }

  add(rows: number): void {
    this.#count += rows;
    if (this.#count - this.#saved >= SAVE_AFTER) this.save();
  }

  save(): void {
    if (this.#count === this.#saved) return;
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify(this.#count));
      renameSync(`${this.#path}.new`, this.#path);
      this.#saved = this.#count;
    } catch {
      // No write of points fails for this; the count goes on in memory.
    }
  }
}

/** 0 where nothing was counted yet. */
function read(path: string): number {
  try {
    return z
      .int()
      .nonnegative()
      .parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return 0;
  }
}
