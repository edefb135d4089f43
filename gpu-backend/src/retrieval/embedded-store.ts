/**
 * The vector store that lives inside the backend: one zvec collection per model revision, under one data folder.
 * An acknowledged write survives the death of the process at any moment. It survives a power cut only as far as the
 * operating system had written its pages by then: zvec's Node binding offers no sync.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { matchesFilter } from "@sightline/shared/api/filter";
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
import { lockDataFolder } from "./data-folder-lock.ts";
import { Gate } from "./gate.ts";
import { metadataOf, modalityOf, POINT_FIELDS, toPoint, toRow } from "./rows.ts";
import { scroll } from "./scroll.ts";
import { search } from "./search.ts";
import { Serial } from "./serial.ts";
import { type SnapshotSource, Snapshots } from "./snapshots.ts";
import { DRAFT, ZvecSpace } from "./zvec-space.ts";

/** Rows written before the event loop gets its turn: some 4 ms at 512 dimensions. */
const WRITE_CHUNK = 64;

/** Rows written since a space was opened, after which it is written out: that takes some 150 ms, in which calls wait. */
const MAX_IN_MEMORY = 16_384;

/** Beside the spaces, whose names hold an `@`. */
const SNAPSHOTS = "snapshots";
/** The endings of folders that are on their way in or out. */
const RESTORED = ".restored";
const REPLACED = ".replaced";

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

interface EmbeddedStoreOptions {
  /** Created if missing. Belongs to one process at a time. */
  readonly dataDir: string;
  readonly log: Log;
  /** Rows that a space holds in memory at most, more or less. */
  readonly maxInMemory?: number;
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
  readonly #dataDir: string;
  readonly #lock: ProcessLock;
  readonly #log: Log;
  readonly #spaces = new Map<string, ZvecSpace>();
  /** Deleting by filter reads first: no write may come between. */
  readonly #writes = new Serial();
  readonly #gate = new Gate();
  readonly #maxInMemory: number;
  #copies = 0;
  #lastWriteFailed = false;
  #closing: Promise<void> | undefined;

  constructor({ dataDir, log, maxInMemory = MAX_IN_MEMORY }: EmbeddedStoreOptions, lock: ProcessLock) {
    this.#dataDir = dataDir;
    this.#lock = lock;
    this.#log = log;
    this.#maxInMemory = maxInMemory;
    this.snapshots = new Snapshots({ folder: join(dataDir, SNAPSHOTS), source: this, log, now: () => new Date() });
  }

  ensure(space: VectorSpace): Promise<void> {
    return this.#run(space, async (found) => {
      if (found) return;
      const name = modelRevisionKey(space);
      this.#spaces.set(name, ZvecSpace.create(join(this.#dataDir, name), space.dims));
      this.#log.info({ space: name, dims: space.dims }, "vector space created");
    });
  }

  async upsert(space: VectorSpace, scope: Scope, points: readonly Point[]): Promise<void> {
    for (const { vector } of points) checkLength(space, vector);
    const rows = await Promise.all(points.map((point) => toRow(scope, point)));
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
  }

  delete(space: VectorSpace, scope: Scope, selector: DeleteSelector): Promise<number> {
    return this.#run(space, async (found) => (found ? this.#write(() => erase(found, scope, selector)) : 0));
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
    if (this.#closing !== undefined) return { status: "down", detail: "closed" };
    if (this.#lastWriteFailed) return { status: "degraded", detail: "the last write failed" };
    const points = [...this.#spaces.values()].reduce((sum, space) => sum + space.size, 0);
    return { status: "ok", detail: `embedded; ${this.#spaces.size} spaces open, ${points} points` };
  }

  spaces(): ReadonlyMap<string, number> {
    const names = readdirSync(this.#dataDir).filter(
      (name) => name.includes("@") && ![DRAFT, RESTORED, REPLACED].some((ending) => name.endsWith(ending)),
    );
    return new Map(names.map((name) => [name, this.#named(name)?.size ?? 0]));
  }

  copySpace(name: string, folder: string, onPoints: (count: number) => void): Promise<void> {
    return this.#pass(async () => {
      const from = this.#named(name);
      if (!from) return;
      const to = ZvecSpace.create(folder, from.dims);
      this.#copies++;
      try {
        for await (const rows of slices((buckets) => from.everyRow(buckets), { atMost: from.size })) {
          for (let at = 0; at < rows.length; at += WRITE_CHUNK) {
            // A shutdown does not wait for the rest.
            if (this.#closing !== undefined) throw closed();
            to.write(rows.slice(at, at + WRITE_CHUNK));
            await setImmediate();
          }
          onPoints(rows.length);
        }
      } finally {
        this.#copies--;
        to.close();
      }
    });
  }

  async restoreSpace(name: string, folder: string): Promise<void> {
    const place = join(this.#dataDir, name);
    await this.#pass(async () => {
      // One that failed has left its part.
      await rm(place + RESTORED, { recursive: true, force: true });
      await cp(folder, place + RESTORED, { recursive: true });
    });
    await this.#gate.alone(async () => {
      this.#spaces.get(name)?.close();
      this.#spaces.delete(name);
      if (existsSync(place)) renameSync(place, place + REPLACED);
      renameSync(place + RESTORED, place);
      await rm(place + REPLACED, { recursive: true, force: true });
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#gate.alone(async () => {
      for (const space of this.#spaces.values()) space.close();
      this.#spaces.clear();
      this.#lock.release();
    });
    return this.#closing;
  }

  /** Keeps searches fast while much is written. Never fails: what cannot be written out now is in the log, too. */
  async #writeOut(name: string): Promise<void> {
    const isDue = (space: ZvecSpace | undefined): space is ZvecSpace =>
      // All calls would wait for a copy's end.
      space !== undefined && space.inMemory >= this.#maxInMemory && this.#copies === 0 && this.#closing === undefined;
    if (!isDue(this.#spaces.get(name))) return;
    await this.#gate.alone(async () => {
      const space = this.#spaces.get(name);
      // Another call may have been faster.
      if (!isDue(space)) return;
      try {
        space.writeOut();
      } catch (error) {
        this.#log.warn({ space: name, err: error }, "the space could not be written out; its next use opens it again");
        this.#spaces.delete(name);
      }
    });
  }

  /** Runs a call on its space, undefined if there is none. */
  #run<T>(space: VectorSpace, call: (found: ZvecSpace | undefined) => Promise<T>): Promise<T> {
    return this.#pass(async () => call(this.#find(space)));
  }

  #pass<T>(work: () => Promise<T>): Promise<T> {
    return this.#gate.pass(async () => {
      if (this.#closing !== undefined) throw closed();
      return work();
    });
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
    const found = this.#named(name);
    if (!found || found.dims === space.dims) return found;
    const cause = new Error(`${name} holds vectors of ${found.dims} dimensions, not ${space.dims}`);
    throw new ApiError("store_unavailable", { cause });
  }

  /** Opens the space's folder at the first use of it. */
  #named(name: string): ZvecSpace | undefined {
    const open = this.#spaces.get(name);
    if (open) return open;
    const folder = join(this.#dataDir, name);
    if (!existsSync(folder)) return undefined;
    const started = performance.now();
    const found = ZvecSpace.open(folder);
    this.#spaces.set(name, found);
    const openMs = Math.round(performance.now() - started);
    this.#log.info({ space: name, points: found.size, openMs }, "vector space opened");
    return found;
  }
}

/** A process that died between the two renames of a replacement has left a space without its folder. */
function finishReplacements(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    const path = join(dataDir, name);
    if (name.endsWith(RESTORED)) rmSync(path, { recursive: true });
    if (!name.endsWith(REPLACED)) continue;
    const place = path.slice(0, -REPLACED.length);
    if (existsSync(place)) rmSync(path, { recursive: true });
    else renameSync(path, place);
  }
}

async function erase(space: ZvecSpace, scope: Scope, selector: DeleteSelector): Promise<number> {
  if ("ids" in selector) {
    return space.erase(await Promise.all([...new Set(selector.ids)].map((id) => pointId(scope, id))));
  }
  const { filter } = "filter" in selector ? selector : { filter: undefined };
  const read = (buckets?: readonly string[]) => space.find({ where: { scope, buckets }, fields: ["metadata"] });
  let erased = 0;
  for await (const docs of slices(read, { atMost: space.size })) {
    const chosen = filter ? docs.filter((doc) => matchesFilter(filter, metadataOf(doc))) : docs;
    erased += space.erase(chosen.map((doc) => doc.id));
  }
  return erased;
}

const closed = (): ApiError => new ApiError("store_unavailable", { cause: new Error("the store is closed") });
