/**
 * A file that says which living process holds something. It tells people apart who start the same thing twice; it is no
 * mutex: two processes that take over the same stale lock in the same moment both get it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";

const Holder = z.object({
  pid: z.number().int().positive(),
  /** When that process started, where the system tells (Linux): pids are used again, in containers most of all. */
  started: z.string().nullable(),
});
type Holder = z.infer<typeof Holder>;

export interface ProcessLock {
  release(): void;
}

/** Takes the lock. @returns it, or the id of the living process that has it. */
export function lockProcess(path: string): ProcessLock | number {
  const holder = readHolder(path);
  if (holder && isAlive(holder)) return holder.pid;
  // A lock whose holder died, or was cut short while writing it, is free to take.
  rmSync(path, { force: true });
  mkdirSync(dirname(path), { recursive: true });
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
