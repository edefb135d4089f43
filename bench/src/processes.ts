/** The processes of a running stack, from Linux' /proc. */
import { readdir, readFile } from "node:fs/promises";
import { NotHere } from "./bench.ts";

/** npm, shell, stack, worker, workerd. */
const MAX_DEPTH = 8;
/** Of /proc/<pid>/stat: a hundredth of a second on every Linux (USER_HZ). */
const TICK_MS = 10;

export interface Process {
  readonly pid: number;
  readonly name: "worker" | "wrangler's proxy" | "wrangler" | "backend" | "stack" | "others";
  readonly residentMb: number;
  /** User and system time since its start. */
  readonly cpuMs: number;
}

/** A process and all that it has started. @throws NotHere where there is no /proc. */
export async function familyOf(root: number): Promise<readonly Process[]> {
  if (process.platform !== "linux") throw new NotHere("other processes are read from /proc, on Linux only");
  const all = await Promise.all((await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(readProcess));
  const family = new Set([root]);
  // Parents have lower ids but where ids begin again: some passes find them all.
  for (let pass = 0; pass < MAX_DEPTH; pass++) {
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid, residentMb }) => family.has(pid) && residentMb > 0);
}

async function readProcess(id: string): Promise<Process & { readonly parent: number }> {
  const read = (file: string) => readFile(`/proc/${id}/${file}`, "utf8").catch(() => "");
  const [status, stat, command] = await Promise.all([read("status"), read("stat"), read("cmdline")]);
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  // What follows the command's name, which may itself hold spaces and brackets: from the third field on.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    pid: Number(id),
    parent: field("PPid"),
    name: nameOf(command),
    residentMb: field("VmRSS") / 1024,
    cpuMs: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS,
  };
}

/** Of wrangler's two workerds the proxy has the port that was asked for, and the worker behind it any. */
function nameOf(command: string): Process["name"] {
  if (command.includes("workerd"))
    return command.includes("--socket-addr=entry=127.0.0.1:0") ? "worker" : "wrangler's proxy";
  if (command.includes("gpu-backend")) return "backend";
  if (command.includes("dev/src/worker")) return "wrangler";
  return command.includes("dev/src/start") ? "stack" : "others";
}
