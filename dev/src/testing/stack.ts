/** The whole stack as a user starts it: `npm start` as a child process, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { ROOT } from "../settings.ts";
import { freePort } from "./ports.ts";
import { descendants, survivors } from "./processes.ts";

const Session = z.strictObject({
  url: z.string(),
  api_key: z.string(),
  admin_token: z.string(),
});
const Parts = z.strictObject({ backend_url: z.string() });

export interface Stack {
  readonly url: string;
  readonly backendUrl: string;
  readonly apiKey: string;
  readonly adminToken: string;
  readonly dir: string;
  readonly port: number;
  /** What it has printed so far. */
  output(): string;
  /** Sends the signal to the whole foreground group, as a terminal does, and waits. @returns commands that are left over. */
  end(signal: NodeJS.Signals): Promise<string[]>;
  readonly process: ChildProcess;
}

/** Starts `npm start` with its state in `dir` and waits until it is ready. @param args after `--`. */
export async function startStack(
  dir: string,
  settings: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<Stack> {
  const port = await freePort();
  await rm(join(dir, "dev.json"), { force: true });
  const started = run({ PORT: String(port), SIGHTLINE_DIR: dir, ...settings }, args);
  const session = await Promise.race([
    untilReady(join(dir, "dev.json")),
    once(started.process, "exit").then(() => {
      throw new Error(`npm start ended by itself:\n${started.output()}`);
    }),
  ]);
  const { url, api_key: apiKey, admin_token: adminToken } = session;
  const { backend_url: backendUrl } = Parts.parse(JSON.parse(await readFile(join(dir, "parts.json"), "utf8")));
  return { ...started, url, backendUrl, apiKey, adminToken, dir, port };
}

/** Runs `npm start` with these settings, ready or not. */
export function run(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Pick<Stack, "process" | "output" | "end"> {
  const child = spawn("npm", ["start", "--", ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, so that a signal reaches it as Ctrl-C in a terminal would.
    detached: true,
  });
  let text = "";
  child.stdout.on("data", (part: Buffer) => {
    text += part.toString();
  });
  child.stderr.on("data", (part: Buffer) => {
    text += part.toString();
  });
  return {
    process: child,
    output: () => text,
    async end(signal) {
      const family = descendants(child.pid ?? 0);
      process.kill(-(child.pid ?? 0), signal);
      return survivors(family);
    },
  };
}

async function untilReady(file: string): Promise<z.infer<typeof Session>> {
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text) return Session.parse(JSON.parse(text));
    await delay(100);
  }
}
