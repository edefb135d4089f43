/** Who is running, by /proc: to see that nothing is left behind. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** A zombie has ended; only nobody has asked for its exit code yet. */
  readonly alive: boolean;
}

function read(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { pid, parent: Number(parent), alive: state !== "Z" };
  } catch {
    return undefined;
  }
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

/** Process ids below `root`, itself first. */
export function descendants(root: number): number[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => read(Number(name)))
    .filter((process) => process !== undefined);
  const below = (pid: number): number[] => [
    pid,
    ...all.filter(({ parent }) => parent === pid).flatMap((child) => below(child.pid)),
  ];
  return below(root);
}

/** Waits until all have ended, or 20 s. @returns the commands of those that have not. */
export async function survivors(pids: readonly number[]): Promise<string[]> {
  const deadline = Date.now() + 20_000;
  const alive = () => pids.filter((pid) => read(pid)?.alive);
  while (alive().length > 0 && Date.now() < deadline) await delay(50);
  return alive().map((pid) => `${pid} ${commandOf(pid)}`);
}
