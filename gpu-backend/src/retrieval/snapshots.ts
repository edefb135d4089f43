/**
 * Snapshots of the embedded store, made and restored while it is searched and written. A snapshot holds every point that was
 * acknowledged before it began and has not changed since; of what changes meanwhile either version, each point whole.
 *
 * One is made under a name of its own and gets its final name when it is whole, so that what a crash leaves behind is never
 * taken for one. It is written anew, point by point, and not copied as files: dead rows stay behind.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ApiError } from "@sightline/shared/errors";
import { SnapshotName } from "@sightline/shared/ids";
import type { Snapshot } from "@sightline/shared/internal/protocol";

/** The store, as far as its snapshots look into it. */
export interface SnapshotSource {
  /** The names of its spaces, each with its number of points. */
  spaces(): Promise<ReadonlyMap<string, number>>;
  /** Writes all points of a space into a new folder. @param onPoints told how many more have been written. */
  copySpace(name: string, folder: string, onPoints: (count: number) => void): Promise<void>;
  /** Takes over what a folder holds in the place of what the space holds. The folder stays as it is. */
  restoreSpace(name: string, folder: string): Promise<void>;
}

interface SnapshotOptions {
  readonly folder: string;
  readonly source: SnapshotSource;
  readonly log: { info(fields: object, message: string): void };
  readonly now: () => Date;
}

const PARTIAL = ".partial";
const DELETED = ".deleted";

export class Snapshots {
  readonly #folder: string;
  readonly #source: SnapshotSource;
  readonly #log: SnapshotOptions["log"];
  readonly #now: () => Date;
  /** The last one that was worked on since the process started. */
  #job: Snapshot | undefined;

  constructor({ folder, source, log, now }: SnapshotOptions) {
    this.#folder = folder;
    this.#source = source;
    this.#log = log;
    this.#now = now;
    this.#removeLeftovers(PARTIAL, DELETED);
  }

  /** Those that are whole, and the one that is being worked on, oldest first. */
  list(): readonly Snapshot[] {
    // What else lies there, or is not whole, is called otherwise.
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    const whole = names.flatMap((name): Snapshot[] => {
      const parsed = SnapshotName.safeParse(name);
      return parsed.success ? [{ name: parsed.data, status: "whole" }] : [];
    });
    const all = new Map(whole.map((one) => [one.name, one]));
    if (this.#job && (this.#job.status !== "whole" || all.has(this.#job.name))) all.set(this.#job.name, this.#job);
    return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Begins to make one; `list` tells how far it has come. @throws ApiError(snapshot_conflict) */
  async create(): Promise<Snapshot> {
    const name = SnapshotName.parse(this.#now().toISOString().replaceAll(/[:.]/g, "-").toLowerCase());
    return this.#begin(name, "making", async (spaces, onPoints) => {
      const partial = join(this.#folder, name + PARTIAL);
      this.#removeLeftovers(PARTIAL);
      try {
        mkdirSync(partial, { recursive: true });
        for (const space of spaces) await this.#source.copySpace(space, join(partial, space), onPoints);
        renameSync(partial, join(this.#folder, name));
      } catch (error) {
        // What filled the disk may not keep it full.
        this.#removeLeftovers(PARTIAL);
        throw error;
      }
    });
  }

  /**
   * Begins to put back what a snapshot holds, space by space; what was written into them since is gone.
   * @throws ApiError(snapshot_conflict | snapshot_not_found)
   */
  async restore(name: SnapshotName): Promise<Snapshot> {
    const folder = join(this.#folder, name);
    if (!existsSync(folder)) throw new ApiError("snapshot_not_found");
    return this.#begin(name, "restoring", async () => {
      for (const space of readdirSync(folder)) await this.#source.restoreSpace(space, join(folder, space));
    });
  }

  /** At once, and whole even if a crash cuts it short. @throws ApiError(snapshot_conflict | snapshot_not_found) */
  async delete(name: SnapshotName): Promise<void> {
    const folder = join(this.#folder, name);
    if (!existsSync(folder)) throw new ApiError("snapshot_not_found");
    this.#refuseIfBusy();
    renameSync(folder, folder + DELETED);
    if (this.#job?.name === name) this.#job = undefined;
    await rm(folder + DELETED, { recursive: true });
    this.#log.info({ snapshot: name }, "snapshot: deleted");
  }

  async #begin(
    name: SnapshotName,
    status: "making" | "restoring",
    work: (spaces: readonly string[], onPoints: (count: number) => void) => Promise<void>,
  ): Promise<Snapshot> {
    this.#refuseIfBusy();
    const last = this.#job;
    // At once: nobody may begin another while the spaces are asked for.
    this.#job = { name, status, points: 0, total: 0 };
    const spaces = await this.#source.spaces().catch((error: unknown) => {
      this.#job = last;
      throw error;
    });
    const total = [...spaces.values()].reduce((sum, points) => sum + points, 0);
    let points = 0;
    const begun: Snapshot = { name, status, points, total };
    this.#job = begun;
    const onPoints = (count: number): void => {
      points += count;
      this.#job = { ...begun, points };
    };
    work([...spaces.keys()], onPoints).then(
      () => {
        this.#job = { name, status: "whole" };
        this.#log.info({ snapshot: name, points }, `snapshot: done ${status}`);
      },
      (error: unknown) => {
        this.#job = { name, status: "failed" };
        this.#log.info({ snapshot: name, err: error }, `snapshot: failed ${status}`);
      },
    );
    return begun;
  }

  #refuseIfBusy(): void {
    if (this.#job?.status === "making" || this.#job?.status === "restoring") throw new ApiError("snapshot_conflict");
  }

  /** Of a process that died, or of a snapshot that failed. */
  #removeLeftovers(...endings: readonly string[]): void {
    if (!existsSync(this.#folder)) return;
    for (const name of readdirSync(this.#folder)) {
      if (endings.some((ending) => name.endsWith(ending))) rmSync(join(this.#folder, name), { recursive: true });
    }
  }
}
