/**
 * The vector store that lives inside the backend: one zvec collection per model revision, under one data folder.
 * An acknowledged write survives the death of the process at any moment. It survives a power cut only as far as the
 * operating system had written its pages by then: zvec's Node binding offers no sync.
 */
import { mkdirSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { ApiError } from "@sightline/shared/errors";
import { type ItemId, modelRevisionKey } from "@sightline/shared/ids";
import { pointId } from "@sightline/shared/store/point-id";
import type {
  DeleteSelector,
  Hit,
  Page,
  Point,
  Scope,
  ScrollQuery,
  SearchQuery,
  StoreHealth,
  VectorSpace,
  VectorStore,
} from "@sightline/shared/store/port";
import { checkLength } from "@sightline/shared/store/vector-length";
import type { ProcessLock } from "../process-lock.ts";
import { slices } from "./buckets.ts";
import { Compaction } from "./compaction.ts";
import { lockDataFolder } from "./data-folder-lock.ts";
import { erase } from "./erase.ts";
import { type Log, OpenSpaces } from "./open-spaces.ts";
import { finishReplacements, RESTORED, sync } from "./replacement.ts";
import { modalityOf, POINT_FIELDS, toPoint, toRow } from "./rows.ts";
import { scroll } from "./scroll.ts";
import { search } from "./search.ts";
import { Serial } from "./serial.ts";
import { type SnapshotSource, Snapshots } from "./snapshots.ts";
import { copyRows, SpaceCopy } from "./space-copy.ts";
import { WRITE_CHUNK, type ZvecSpace } from "./zvec-space.ts";

/** Rows written since a space was opened, after which it is written out: that takes some 150 ms, in which calls wait. */
const MAX_IN_MEMORY = 16_384;

/** Dead rows from which on a space is worth being written anew, where they outnumber the live ones as well. */
const MIN_DEAD = 4096;

/** Beside the spaces, whose names hold an `@`. */
const SNAPSHOTS = "snapshots";

interface EmbeddedStoreOptions {
  /** Created if missing. Belongs to one process at a time. */
  readonly dataDir: string;
  readonly log: Log;
  /** Rows that a space holds in memory at most, more or less. */
  readonly maxInMemory?: number;
  /** Dead rows that a space may hold whatever its size, more or less. */
  readonly minDead?: number;
}

/** @throws Error if another process has the folder; its message says which, and what to do. */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true });
  const lock = lockDataFolder(dataDir);
  finishReplacements(dataDir);
  return new EmbeddedStore(options, lock);
}

export class EmbeddedStore implements VectorStore, SnapshotSource {
  readonly snapshots: Snapshots;
  readonly #spaces: OpenSpaces;
  readonly #compaction: Compaction;
  readonly #log: Log;
  /** Deleting by filter reads first: no write may come between. */
  readonly #writes = new Serial();
  readonly #maxInMemory: number;
  #lastWriteFailed = false;

  constructor(
    { dataDir, log, maxInMemory = MAX_IN_MEMORY, minDead = MIN_DEAD }: EmbeddedStoreOptions,
    lock: ProcessLock,
  ) {
    this.#log = log;
    this.#maxInMemory = maxInMemory;
    this.#spaces = new OpenSpaces(dataDir, lock, log);
    this.#compaction = new Compaction({ spaces: this.#spaces, log, maxInMemory, minDead });
    this.snapshots = new Snapshots({ folder: join(dataDir, SNAPSHOTS), source: this, log, now: () => new Date() });
  }

  ensure(space: VectorSpace): Promise<void> {
    return this.#run(space, async (found) => {
      if (!found) this.#spaces.create(modelRevisionKey(space), space.dims);
    });
  }

  async upsert(space: VectorSpace, scope: Scope, points: readonly Point[]): Promise<void> {
    for (const { vector } of points) checkLength(space, vector);
    const rows = await Promise.all(points.map((point) => toRow(scope, point)));
    await this.#beginLog(space);
    await this.#run(space, async (found) => {
      if (!found) throw new ApiError("store_unavailable", { cause: new Error("the space was never ensured") });
      await this.#write(async () => {
        for (let from = 0; from < rows.length; from += WRITE_CHUNK) {
          found.write(rows.slice(from, from + WRITE_CHUNK));
          await setImmediate();
        }
      });
    });
    void this.#writeOut(modelRevisionKey(space));
    void this.#compaction.compactIfDue(modelRevisionKey(space));
  }

  async delete(space: VectorSpace, scope: Scope, selector: DeleteSelector): Promise<number> {
    await this.#beginLog(space);
    const erased = await this.#run(space, async (found) =>
      found ? this.#write(() => erase(found, scope, selector)) : 0,
    );
    void this.#compaction.compactIfDue(modelRevisionKey(space));
    return erased;
  }

  get(space: VectorSpace, scope: Scope, ids: readonly ItemId[]): Promise<(Point | undefined)[]> {
    return this.#run(space, async (found) => {
      if (!found || ids.length === 0) return ids.map(() => undefined);
      const keys = await Promise.all([...new Set(ids)].map((id) => pointId(scope, id)));
      const docs = await found.find({ where: { scope, keys }, fields: POINT_FIELDS, includeVectors: true });
      const points = new Map(docs.map(toPoint).map((point) => [point.id, point]));
      return ids.map((id) => points.get(id));
    });
  }

  scroll(space: VectorSpace, scope: Scope, query: ScrollQuery): Promise<Page> {
    return this.#run(space, async (found) => scroll(found, scope, query));
  }

  async search(space: VectorSpace, scope: Scope, query: SearchQuery): Promise<Hit[]> {
    checkLength(space, query.vector);
    return this.#run(space, async (found) => (found ? search(found, scope, query) : []));
  }

  count(space: VectorSpace, scope: Scope): ReturnType<VectorStore["count"]> {
    return this.#run(space, async (found) => {
      const counts = { text: 0, image: 0 };
      if (!found) return counts;
      const read = (buckets?: readonly string[]) => found.find({ where: { scope, buckets }, fields: ["modality"] });
      for await (const docs of slices(read, { atMost: found.size })) for (const doc of docs) counts[modalityOf(doc)]++;
      return counts;
    });
  }

  async health(): Promise<StoreHealth> {
    if (this.#spaces.isClosing) return { status: "down", detail: "closed" };
    if (this.#lastWriteFailed) return { status: "degraded", detail: "the last write failed" };
    const { open } = this.#spaces;
    const points = [...open.values()].reduce((sum, space) => sum + space.size, 0);
    return { status: "ok", detail: `embedded; ${open.size} spaces open, ${points} points` };
  }

  spaces(): Promise<ReadonlyMap<string, number>> {
    const sizeOf = (name: string) => this.#spaces.find(name)?.size ?? 0;
    return this.#spaces.pass(async () => new Map(this.#spaces.names().map((name) => [name, sizeOf(name)])));
  }

  copySpace(name: string, folder: string, onPoints: (count: number) => void): Promise<void> {
    return this.#spaces.job(async () => {
      const from = await this.#spaces.pass(async () => this.#spaces.find(name));
      if (!from) return;
      const copy = new SpaceCopy(folder, { dims: from.dims, maxInMemory: this.#maxInMemory });
      try {
        // Found anew for each slice: a compaction may exchange the space for one with the same rows.
        const read = async (buckets?: readonly string[]) => this.#spaces.find(name)?.everyRow(buckets) ?? [];
        const rows = slices((buckets) => this.#spaces.pass(() => read(buckets)), { atMost: from.size });
        await copyRows(rows, copy, () => this.#spaces.refuseIfClosed(), onPoints);
        copy.close();
      } catch (error) {
        copy.abandon();
        throw error;
      }
    });
  }

  restoreSpace(name: string, folder: string): Promise<void> {
    return this.#spaces.job(async () => {
      const restored = this.#spaces.folderOf(name) + RESTORED;
      await rm(restored, { recursive: true, force: true });
      try {
        await cp(folder, restored, { recursive: true });
        await sync(restored);
        await this.#spaces.alone(() => this.#spaces.exchange(name, restored));
      } catch (error) {
        await rm(restored, { recursive: true, force: true });
        throw error;
      }
    });
  }

  close(): Promise<void> {
    return this.#spaces.close();
  }

  /** Keeps searches fast while much is written. Never fails: what cannot be written out now is in the log, too. */
  async #writeOut(name: string): Promise<void> {
    const isDue = (space: ZvecSpace | undefined): boolean =>
      space !== undefined && space.inMemory >= this.#maxInMemory && !this.#spaces.isClosing;
    if (!isDue(this.#spaces.open.get(name))) return;
    try {
      await this.#spaces.alone(async () => {
        // Another call may have been faster.
        if (isDue(this.#spaces.open.get(name))) this.#spaces.writeOut(name);
      });
    } catch (error) {
      if (this.#spaces.isClosing) return;
      this.#log.warn(
        { space: name, err: error },
        "the space could not be written out; all that is in it stays in its log",
      );
    }
  }

  /** Runs a call on its space, undefined if there is none. */
  #run<T>(space: VectorSpace, call: (found: ZvecSpace | undefined) => Promise<T>): Promise<T> {
    return this.#spaces.pass(async () => call(this.#find(space)));
  }

  /** Before a write: what is appended to a log behind a torn record would be acknowledged, and lost at the next opening. */
  async #beginLog(space: VectorSpace): Promise<void> {
    const name = modelRevisionKey(space);
    const mayBeTorn = await this.#run(space, async (found) => found?.mayBeTorn);
    if (!mayBeTorn) return;
    await this.#spaces.alone(() =>
      this.#write(async () => {
        // Another call may have been faster.
        if (this.#find(space)?.mayBeTorn) this.#spaces.writeOut(name);
      }),
    );
  }

  /** One write at a time; remembers for `health` how it went. */
  #write<T>(work: () => Promise<T>): Promise<T> {
    return this.#writes.run(async () => {
      try {
        const result = await work();
        this.#lastWriteFailed = false;
        return result;
      } catch (error) {
        this.#lastWriteFailed = true;
        throw error;
      }
    });
  }

  /** @throws ApiError(store_unavailable) if it holds vectors of another length. */
  #find(space: VectorSpace): ZvecSpace | undefined {
    const name = modelRevisionKey(space);
    const found = this.#spaces.find(name);
    if (!found || found.dims === space.dims) return found;
    const cause = new Error(`${name} holds vectors of ${found.dims} dimensions, not ${space.dims}`);
    throw new ApiError("store_unavailable", { cause });
  }
}
