/**
 * One process per data folder. zvec locks its own files; this lock comes first to say in words who holds the folder, and
 * what to do. Two processes that take over the same stale lock at the same moment are told apart by zvec's.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const LOCK_FILE = "lock.json";

const Holder = z.object({
  pid: z.number().int().positive(),
  /** When that process started, where the system tells (Linux): pids are used again, in containers most of all. */
  started: z.string().nullable(),
});
type Holder = z.infer<typeof Holder>;

export interface DataFolderLock {
  release(): void;
}

/** @throws Error that names the folder and its holder if a living process has it. */
export function lockDataFolder(folder: string): DataFolderLock {
  const path = join(folder, LOCK_FILE);
  const holder = readHolder(path);
  if (holder && isAlive(holder)) {
    throw new Error(
      `The data folder ${folder} is in use by process ${holder.pid}. Stop that process first, or give this one a ` +
        `data folder of its own. If no such process should exist, delete ${path}.`,
    );
  }
  // A lock whose holder died, or was cut short while writing it, is free to take.
  rmSync(path, { force: true });
  const mine: Holder = { pid: process.pid, started: startOf(process.pid) };
  writeFileSync(path, JSON.stringify(mine), { flag: "wx" });
  return { release: () => rmSync(path, { force: true }) };
}

function readHolder(path: string): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  if (started !== null) return startOf(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not allowed to signal it: it is someone else's, and alive.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Clock ticks from boot to the process's start, field 22 of proc_pid_stat(5); null where there is no such file. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 2 is the command in brackets and may itself hold spaces and brackets: count from the last one.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
