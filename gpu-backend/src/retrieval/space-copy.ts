/**
 * A space's live rows, written anew into another folder while the space is read and written. For a snapshot that is all. For a
 * compaction the copy is the space's mirror as well: each change of the space is made to the copy, too, in the same turn of the
 * event loop, and rows that were read from the space earlier no longer count for its keys. So when all rows have been taken over, both hold the same.
 */
import { setImmediate } from "node:timers/promises";
import type { Row } from "./rows.ts";
import { type Mirror, WRITE_CHUNK, ZvecSpace } from "./zvec-space.ts";

export class SpaceCopy implements Mirror {
  readonly #to: ZvecSpace;
  readonly #maxInMemory: number;
  readonly #changed = new Set<string>();
  #failure: unknown;

  constructor(folder: string, { dims, maxInMemory }: { readonly dims: number; readonly maxInMemory: number }) {
    this.#to = ZvecSpace.create(folder, dims);
    this.#maxInMemory = maxInMemory;
  }

  /** Takes over rows as they were read from the space. Blocks. @throws what made the copy useless. */
  take(rows: readonly Row[]): void {
    this.#check();
    this.#write(rows.filter(({ key }) => !this.#changed.has(key)));
  }

  written(rows: readonly Row[]): void {
    this.#follow(
      rows.map(({ key }) => key),
      () => this.#write(rows),
    );
  }

  erased(keys: readonly string[]): void {
    this.#follow(keys, () => this.#to.erase(keys));
  }

  lost(cause: unknown): void {
    this.#failure ??= cause;
  }

  /** @throws what made the copy useless. */
  close(): void {
    this.#check();
    this.#to.close();
  }

  /** Closes a copy that is of no use. */
  abandon(): void {
    try {
      this.#to.abandon();
    } catch {
      // It cannot be closed: nobody will read it.
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #follow(keys: readonly string[], change: () => void): void {
    if (this.#failure !== undefined) return;
    for (const key of keys) this.#changed.add(key);
    try {
      change();
    } catch (error) {
      this.lost(error);
    }
  }

  #write(rows: readonly Row[]): void {
    this.#to.write(rows);
    if (this.#to.inMemory >= this.#maxInMemory) this.#to.writeOut();
  }
}

/** Takes over all rows, a few in each turn of the event loop. @param goOn throws where that is to end. */
export async function copyRows(
  rows: AsyncIterable<readonly Row[]>,
  copy: SpaceCopy,
  goOn: () => void,
  onRows: (count: number) => void = () => undefined,
): Promise<void> {
  for await (const slice of rows) {
    for (let at = 0; at < slice.length; at += WRITE_CHUNK) {
      goOn();
      copy.take(slice.slice(at, at + WRITE_CHUNK));
      await setImmediate();
    }
    onRows(slice.length);
  }
}
