/**
 * One process per data folder. zvec locks its own files; this lock comes first to say in words who holds the folder, and
 * what to do. Two processes that take over the same stale lock at the same moment are told apart by zvec's.
 */
import { join } from "node:path";
import { lockProcess, type ProcessLock } from "../process-lock.ts";

const LOCK_FILE = "lock.json";

/** @throws Error that names the folder and its holder if a living process has it. */
export function lockDataFolder(folder: string): ProcessLock {
  const path = join(folder, LOCK_FILE);
  const lock = lockProcess(path);
  if (typeof lock !== "number") return lock;
  throw new Error(
    `The data folder ${folder} is in use by process ${lock}. Stop that process first, or give this one a ` +
      `data folder of its own. If no such process should exist, delete ${path}.`,
  );
}
