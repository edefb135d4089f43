/**
 * Gives back what overwritten and deleted rows take on the disk. zvec's own means, `optimize`, puts vectors under wrong rows
 * (decision 0004), so a space most of whose rows are dead is written anew into a folder beside it, and the folders are exchanged.
 *
 * Meanwhile it is searched and written. Until the exchange nothing has changed, whatever goes wrong; calls wait for the exchange
 * alone, which writes out and syncs the last rows: that of a large space takes little longer than that of a small one.
 */
import { rm } from "node:fs/promises";
import { slices } from "./buckets.ts";
import type { Log, OpenSpaces } from "./open-spaces.ts";
import { COMPACTED, sync } from "./replacement.ts";
import { copyRows, SpaceCopy } from "./space-copy.ts";
import type { ZvecSpace } from "./zvec-space.ts";

interface CompactionOptions {
  readonly spaces: OpenSpaces;
  readonly log: Log;
  readonly maxInMemory: number;
  /** Dead rows below which nothing is done, however few the live ones are. */
  readonly minDead: number;
}

export class Compaction {
  readonly #spaces: OpenSpaces;
  readonly #log: Log;
  readonly #maxInMemory: number;
  readonly #minDead: number;
  /** Of a space for which it failed: the dead rows at which it is tried again. */
  readonly #retryAt = new WeakMap<ZvecSpace, number>();
  #isUnderWay = false;

  constructor({ spaces, log, maxInMemory, minDead }: CompactionOptions) {
    this.#spaces = spaces;
    this.#log = log;
    this.#maxInMemory = maxInMemory;
    this.#minDead = minDead;
  }

  /** Compacts a space if that is due: one at a time. Never fails: the space stays as it was, then, and the log tells. */
  async compactIfDue(name: string): Promise<void> {
    const space = this.#spaces.open.get(name);
    if (!space || this.#isUnderWay || this.#spaces.isClosing) return;
    const { dead, size: points } = space;
    if (dead <= points || dead < Math.max(this.#minDead, this.#retryAt.get(space) ?? 0)) return;
    this.#isUnderWay = true;
    const started = performance.now();
    try {
      const pausedMs = await this.#spaces.job(() => this.#compact(name, space));
      const ms = Math.round(performance.now() - started);
      this.#log.info({ space: name, points, dead, ms, pausedMs }, "space compacted");
    } catch (error) {
      if (this.#spaces.isClosing) return;
      this.#retryAt.set(space, dead + this.#minDead);
      this.#log.warn({ space: name, err: error }, "the space could not be compacted and stays as it was");
    } finally {
      this.#isUnderWay = false;
    }
  }

  /** @returns the milliseconds for which calls waited. */
  async #compact(name: string, space: ZvecSpace): Promise<number> {
    const folder = this.#spaces.folderOf(name) + COMPACTED;
    await rm(folder, { recursive: true, force: true });
    const assertCurrent = () => {
      if (this.#spaces.open.get(name) !== space) throw new Error("the space was replaced meanwhile");
    };
    assertCurrent();
    const copy = new SpaceCopy(folder, { dims: space.dims, maxInMemory: this.#maxInMemory });
    space.mirror = copy;
    try {
      const read = async (buckets?: readonly string[]) => {
        assertCurrent();
        return space.everyRow(buckets);
      };
      const rows = slices((buckets) => this.#spaces.pass(() => read(buckets)), { atMost: space.size });
      await copyRows(rows, copy, () => this.#spaces.refuseIfClosed());
      // Most of it, so that little is left to be waited for.
      await sync(folder);
      return await this.#spaces.alone(async () => {
        const started = performance.now();
        assertCurrent();
        copy.close();
        await this.#spaces.exchange(name, folder);
        return Math.round(performance.now() - started);
      });
    } catch (error) {
      space.mirror = undefined;
      copy.abandon();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}
