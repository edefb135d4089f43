/** The command line as a child process, as a shell runs it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const BIN = join(import.meta.dirname, "../../bin/sightline.js");

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** @param environment all that it has, but for PATH. @param input what is piped into it. */
export function startCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd = process.cwd(),
  input = "",
  bin = BIN,
): Running {
  const env = { PATH: process.env.PATH ?? "", HOME: "/nonexistent", ...environment };
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: "pipe" });
  child.stdin.end(input);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    stderr += part;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { process: child, ended };
}
