/**
 * The spaces in a data folder, each opened at its first use, and who may touch them when: calls pass side by side, what closes or
 * exchanges a folder works alone, and what takes long is a job that passes for a little at a time. Nothing begins after the end.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ApiError } from "@sightline/shared/errors";
import type { ProcessLock } from "../process-lock.ts";
import { Gate } from "./gate.ts";
import { isSpace, replace } from "./replacement.ts";
import { ZvecSpace } from "./zvec-space.ts";

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export class OpenSpaces {
  readonly #dataDir: string;
  readonly #lock: ProcessLock;
  readonly #log: Log;
  readonly #open = new Map<string, ZvecSpace>();
  readonly #gate = new Gate();
  readonly #jobs = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(dataDir: string, lock: ProcessLock, log: Log) {
    this.#dataDir = dataDir;
    this.#lock = lock;
    this.#log = log;
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  get open(): ReadonlyMap<string, ZvecSpace> {
    return this.#open;
  }

  /** Where a space's folder is or would be. */
  folderOf(name: string): string {
    return join(this.#dataDir, name);
  }

  /** Only for one who passes or works alone, as `find` and `create`: while folders are exchanged, what lies there is no space's. */
  names(): readonly string[] {
    return readdirSync(this.#dataDir).filter(isSpace);
  }

  find(name: string): ZvecSpace | undefined {
    const open = this.#open.get(name);
    if (open) return open;
    const folder = this.folderOf(name);
    if (!existsSync(folder)) return undefined;
    const started = performance.now();
    const found = ZvecSpace.open(folder);
    this.#open.set(name, found);
    const openMs = Math.round(performance.now() - started);
    this.#log.info({ space: name, points: found.size, openMs }, "vector space opened");
    return found;
  }

  create(name: string, dims: number): void {
    this.#open.set(name, ZvecSpace.create(this.folderOf(name), dims));
    this.#log.info({ space: name, dims }, "vector space created");
  }

  /** Only for one who works alone. */
  writeOut(name: string): void {
    this.#close(name, (space) => space.writeOut());
  }

  /** Only for one who works alone. The folder that comes in may not be open. */
  async exchange(name: string, by: string): Promise<void> {
    this.#close(name, (space) => space.close());
    await replace(this.folderOf(name), by);
  }

  /** One that is closed then, by intent or because that failed half-way, is opened again by its next use. */
  #close(name: string, by: (space: ZvecSpace) => void): void {
    const space = this.#open.get(name);
    if (!space) return;
    try {
      by(space);
    } finally {
      if (!space.isOpen) this.#open.delete(name);
    }
  }

  pass<T>(work: () => Promise<T>): Promise<T> {
    return this.#gate.pass(() => this.#unlessClosed(work));
  }

  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#gate.alone(() => this.#unlessClosed(work));
  }

  /** Runs what takes its time, and asks `refuseIfClosed` now and then: the end waits for it. */
  async job<T>(work: () => Promise<T>): Promise<T> {
    const job = this.#unlessClosed(work);
    this.#jobs.add(job);
    try {
      return await job;
    } finally {
      this.#jobs.delete(job);
    }
  }

  /** @throws ApiError(store_unavailable) */
  refuseIfClosed(): void {
    if (this.isClosing) throw new ApiError("store_unavailable", { cause: new Error("the store is closed") });
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await Promise.allSettled(this.#jobs);
    await this.#gate.alone(async () => {
      for (const space of this.#open.values()) space.close();
      this.#open.clear();
      this.#lock.release();
    });
  }

  async #unlessClosed<T>(work: () => Promise<T>): Promise<T> {
    this.refuseIfClosed();
    return await work();
  }
}
