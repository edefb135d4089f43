/** One command at a time changes a model's folder. */
import { join } from "node:path";
import { lockProcess, type ProcessLock } from "../../process-lock.ts";
import { PARTIAL } from "./installed.ts";

/** @throws Error that names the process that is at work in the folder. */
export function lockModel(folder: string): ProcessLock {
  const lock = lockProcess(join(folder, PARTIAL, "lock.json"));
  if (typeof lock === "number") throw new Error(`${folder} is being pulled already, by process ${lock}`);
  return lock;
}
