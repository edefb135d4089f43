/** The append-only file of the in-memory Redis: one JSON line per atomic group of commands. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import type { Command } from "../reply.ts";

/** Byte strings lie in the file as Latin-1 text: ASCII stays readable and every byte comes back. */
const Line = z
  .array(z.array(z.string().regex(/^[^\u0100-\uffff]*$/)).min(1))
  .transform((group) => group as unknown as readonly Command[]);

/** The file holds digests of keys. */
const OWNER_ONLY = 0o600;

/**
 * The groups in the order of their writing. A last line without its end is the write that a crash cut short: it was
 * never acknowledged and is left out.
 * @throws Error naming the line if any other line is damaged.
 */
export function readJournal(file: string): readonly (readonly Command[])[] {
  const lines = readIfExists(file).split("\n").slice(0, -1);
  return lines.map((line, index) => {
    try {
      return Line.parse(JSON.parse(line));
    } catch (cause) {
      throw new Error(`${file}: line ${index + 1} is damaged; repair or delete the file`, { cause });
    }
  });
}

export class Journal {
  readonly #descriptor: number;
  #size: number;

  /** Replaces the file by `groups`, in one step, and opens it for more. */
  constructor(file: string, groups: readonly (readonly Command[])[]) {
    mkdirSync(dirname(file), { recursive: true });
    const fresh = `${file}.tmp`;
    this.#descriptor = openSync(fresh, "w", OWNER_ONLY);
    this.#size = 0;
    for (const group of groups) this.append(group);
    fsyncSync(this.#descriptor);
    renameSync(fresh, file);
  }

  /**
   * When this returns, the group survives the end of this process, though not a power failure: a disk flush per write
   * is more than a local stack needs. @throws Error if the disk refuses; the file is then as it was before.
   */
  append(group: readonly Command[]): void {
    try {
      writeFileSync(this.#descriptor, `${JSON.stringify(group)}\n`);
      this.#size = fstatSync(this.#descriptor).size;
    } catch (cause) {
      ftruncateSync(this.#descriptor, this.#size);
      throw cause;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function readIfExists(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw cause;
  }
}
