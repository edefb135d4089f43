/**
 * One model revision's points in one zvec collection: its folder, its schema, writes and reads of rows.
 *
 * Every search is exact. zvec 0.7 builds its HNSW graph only in `optimize`, which is never called here: after a delete
 * or an overwrite it puts vectors under the wrong rows (alibaba/zvec#724; seen here too), and it can lose what came back
 * through the write-ahead log (#594). Without it no crash that we made mixed up a row; what zvec would lose
 * by a closing that is cut short, and behind a torn log, `closing.ts` and `mayBeTorn` keep. zvec scans on threads of
 * its own, 100 000 × 512 in some 15 ms; writes run on the calling thread, some 50 µs a row.
 *
 * Rows written since the folder was opened lie in zvec's memory, as text that each query copies as a whole, 160 bytes a row:
 * after 100 000 of them that is half the time of a query. Closing writes them out as a segment of their own, which is read
 * in place from then on and takes half the disk; so the folder is opened anew after so many.
 */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { ApiError } from "@sightline/shared/errors";
import {
  type ZVecCollection,
  ZVecCollectionSchema,
  ZVecCreateAndOpen,
  ZVecDataType,
  type ZVecDoc,
  ZVecIndexType,
  ZVecInitialize,
  ZVecLogLevel,
  ZVecMetricType,
  ZVecOpen,
} from "@zvec/zvec";
import { BUCKET_DIGITS, BUCKETS } from "./buckets.ts";
import { discardKept, keepAsItIs, putBack } from "./closing.ts";
import { DeadRows } from "./dead-rows.ts";
import { type Field, RAW_FIELDS, type Row, type StoredFields, toRawRow } from "./rows.ts";
import { filterOf, filterOfBuckets, type Where } from "./where.ts";

/** zvec's own ceiling on the rows of one answer. */
const MAX_ROWS = 100_000;
/** Rows to be written before the event loop gets its turn: some 4 ms at 512 dimensions. */
export const WRITE_CHUNK = 64;
/** The ending of a folder that is being made. No model's id or revision holds a `~`. */
export const DRAFT = "~draft";
/** The ending of zvec's log of what it has not written out: absent where it was closed and has not been written since. */
const LOG = ".wal";
/** zvec's own ceiling on one deletion. */
const MAX_DELETES = 1024;

/** What a query says that met a write: of reads of all rows beside a steady writer, one in thirty. */
const MET_A_WRITE = /fetch (vector|table) failed/;
const MAX_TRIES = 5;

// Its messages are not our JSON lines, and every failure reaches us as an exception as well.
ZVecInitialize({ logLevel: ZVecLogLevel.FATAL });

export interface Find {
  readonly where: Where;
  /** At least one: with none, zvec 0.7 fails as soon as its rows lie in several segments. */
  readonly fields: readonly [Field, ...Field[]];
  /** Length `dims`. Rows then come nearest first, with `score`; without it in no order. */
  readonly near?: Float32Array | undefined;
  /** All that there are, if absent; more than 100 000 are an error, never cut short. */
  readonly limit?: number | undefined;
  readonly includeVectors?: boolean | undefined;
}

/** Told of each change of a space as soon as it is made, in the same turn of the event loop. Does not throw. */
export interface Mirror {
  written(rows: readonly Row[]): void;
  erased(keys: readonly string[]): void;
  /** A change failed; how much of it was made is unknown. */
  lost(cause: unknown): void;
}

export class ZvecSpace {
  readonly dims: number;
  mirror: Mirror | undefined;
  readonly #folder: string;
  readonly #dead: DeadRows;
  #collection: ZVecCollection;
  #isOpen = true;
  #inMemory = 0;
  #mayBeTorn: boolean;

  private constructor(folder: string) {
    this.#folder = folder;
    putBack(folder);
    this.#mayBeTorn = hasLog(folder);
    this.#dead = new DeadRows(folder);
    this.#collection = ZVecOpen(folder);
    this.dims = this.#collection.schema.vector("vector").dimension ?? 0;
  }

  /** @throws ApiError(store_unavailable) if the folder cannot be read. */
  static open(folder: string): ZvecSpace {
    return guarded(() => new ZvecSpace(folder));
  }

  /** Built beside its place and moved there whole: a crash in between leaves no half-made folder to trip over. */
  static create(folder: string, dims: number): ZvecSpace {
    guarded(() => {
      const draft = folder + DRAFT;
      if (existsSync(draft)) rmSync(draft, { recursive: true });
      ZVecCreateAndOpen(draft, schemaFor(dims)).closeSync();
      renameSync(draft, folder);
    });
    return ZvecSpace.open(folder);
  }

  /** Live rows, of all scopes. */
  get size(): number {
    return this.#collection.stats.docCount;
  }

  /** False once it was closed, by intent or because it could not be opened again after it was written out. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Whether its log may end in a piece of a record: after a write that failed, and where a process was killed. zvec appends behind
   * that and reads no further at the next opening. Such a space takes no write before it was written out, which begins a new log.
   */
  get mayBeTorn(): boolean {
    return this.#mayBeTorn;
  }

  /** Rows written since the folder was opened. */
  get inMemory(): number {
    return this.#inMemory;
  }

  /** Rows that were overwritten or deleted and still take their place on the disk; about. */
  get dead(): number {
    return this.#dead.count;
  }

  /** Inserts rows or replaces those of the same key. Returns when they are in the write-ahead log. Blocks. */
  write(rows: readonly Row[]): void {
    this.#change(() => {
      const before = this.size;
      const docs = rows.map(({ key, scope, vector, ...fields }) => ({
        id: key,
        vectors: { vector },
        fields: { ...fields, key, scope, bucket: key.slice(0, BUCKET_DIGITS) } satisfies StoredFields,
      }));
      const failed = this.#collection.upsertSync(docs).find((status) => !status.ok);
      this.#inMemory += rows.length;
      this.#dead.add(rows.length - (this.size - before));
      if (failed) throw new Error(`zvec upsert: ${failed.code} ${failed.message}`);
    });
    this.mirror?.written(rows);
  }

  /** @returns how many of the keys there were. Blocks. */
  erase(keys: readonly string[]): number {
    const count = this.#change(() => {
      let erased = 0;
      for (let from = 0; from < keys.length; from += MAX_DELETES) {
        for (const status of this.#collection.deleteSync(keys.slice(from, from + MAX_DELETES))) {
          if (status.ok) erased++;
          else if (status.code !== "ZVEC_NOT_FOUND") throw new Error(`zvec delete: ${status.code} ${status.message}`);
        }
      }
      this.#dead.add(erased);
      return erased;
    });
    this.mirror?.erased(keys);
    return count;
  }

  #change<T>(work: () => T): T {
    try {
      return guarded(() => {
        if (this.#mayBeTorn) throw new Error("a write failed before; the space is to be written out first");
        return work();
      });
    } catch (error) {
      this.#mayBeTorn = true;
      this.mirror?.lost(error);
      throw error;
    }
  }

  find({ where, ...what }: Find): Promise<ZVecDoc[]> {
    return this.#query(filterOf(where), what);
  }

  /** The rows of everybody in these buckets, whole. */
  async everyRow(buckets: readonly string[] = BUCKETS): Promise<Row[]> {
    return (await this.#query(filterOfBuckets(buckets), { fields: RAW_FIELDS, includeVectors: true })).map(toRawRow);
  }

  async #query(
    filter: string,
    { fields, near, limit, includeVectors = false }: Omit<Find, "where">,
  ): Promise<ZVecDoc[]> {
    for (let tries = 1; ; tries++)
      try {
        const docs = await this.#collection.query({
          filter,
          topk: limit ?? MAX_ROWS,
          outputFields: [...fields],
          includeVector: includeVectors,
          ...(near && { fieldName: "vector", vector: near }),
        });
        if (limit === undefined && docs.length === MAX_ROWS) throw new Error("more rows than zvec gives at once");
        return docs;
      } catch (cause) {
        if (tries === MAX_TRIES || !MET_A_WRITE.test(String(cause))) throw unavailable(cause);
      }
  }

  /** Writes out what is in memory: some 10 µs a row. Blocks; no call may be under way. If it fails the space is as it was, or closed. */
  writeOut(): void {
    guarded(() => {
      try {
        this.close();
      } finally {
        if (!this.#isOpen) this.#reopen();
      }
    });
  }

  #reopen(): void {
    putBack(this.#folder);
    this.#mayBeTorn = hasLog(this.#folder);
    this.#collection = ZVecOpen(this.#folder);
    this.#inMemory = 0;
    this.#isOpen = true;
  }

  /** Writes out what is only in the log, so that the next opening is quick. No call may be under way. @throws and is still open, or is not. */
  close(): void {
    guarded(() => {
      this.#dead.save();
      keepAsItIs(this.#folder);
      this.#isOpen = false;
      this.#collection.closeSync();
      discardKept(this.#folder);
    });
  }

  /** Closes a space of which nothing is to be left. */
  abandon(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    guarded(() => this.#collection.closeSync());
  }
}

const hasLog = (folder: string): boolean =>
  readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith(LOG));

function schemaFor(dims: number): ZVecCollectionSchema {
  const text = (name: Field) => ({ name, dataType: ZVecDataType.STRING });
  const indexed = (name: Field) => ({
    ...text(name),
    indexParams: { indexType: ZVecIndexType.INVERT, enableRangeOptimization: false },
  });
  return new ZVecCollectionSchema({
    name: "points",
    vectors: {
      name: "vector",
      dataType: ZVecDataType.VECTOR_FP32,
      dimension: dims,
      // The inner product of unit vectors is their cosine.
      indexParams: { indexType: ZVecIndexType.FLAT, metricType: ZVecMetricType.IP },
    },
    fields: [indexed("scope"), indexed("key"), indexed("bucket"), indexed("modality"), text("item"), text("metadata")],
  });
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw unavailable(cause);
  }
}

const unavailable = (cause: unknown): ApiError =>
  cause instanceof ApiError ? cause : new ApiError("store_unavailable", { cause });
