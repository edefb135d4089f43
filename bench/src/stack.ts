/** The whole stack as a person starts it, `npm start`: timed until it has answered a search, and kept for other measurements. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { clearAtExit } from "./leftovers.ts";
import { ROOT } from "./paths.ts";

const LOOK_EVERY_MS = 20;

/** Written by the stack when it is ready. */
const Session = z.object({ url: z.string(), api_key: z.string(), admin_token: z.string() });
const Found = z.object({ results: z.array(z.object({ id: z.string() })).min(1) });

export interface Started {
  /** From `npm start` to the first search's answer. */
  readonly seconds: number;
  /** Pictures per second while the sample collection was filled; absent if it was kept from an earlier start. */
  readonly indexedPerSecond?: number;
}

export interface RunningStack extends AsyncDisposable {
  readonly url: string;
  readonly apiKey: string;
  readonly adminToken: string;
  /** Leader of the stack's process group. */
  readonly pid: number;
  /** From `npm start` to the first search's answer. */
  readonly seconds: number;
  /** What it has printed so far. */
  output(): string;
  end(): Promise<void>;
}

/** Starts the stack with its state in `dir`, searches once, ends it. @throws Error if it does not come up. */
export async function timeStart(dir: string): Promise<Started> {
  await using stack = await openStack(dir);
  // The rate is printed last: once the stack has ended, everything that it had to say has come.
  await stack.end();
  const rate = /pictures indexed at (\d+(?:\.\d+)?)\/s/.exec(stack.output())?.[1];
  return { seconds: stack.seconds, ...(rate !== undefined && { indexedPerSecond: Number(rate) }) };
}

/** Starts the stack with its state in `dir` and searches once. @throws Error if it does not come up. */
export async function openStack(
  dir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningStack> {
  const port = await freePort();
  const sessionFile = join(dir, "dev.json");
  // A stack that was ended the hard way leaves its own behind, and we would take it for the new one's.
  await rm(sessionFile, { force: true });
  const from = performance.now();
  const child = spawn("npm", ["start"], {
    cwd: ROOT,
    env: { ...process.env, ...environment, PORT: String(port), SIGHTLINE_DIR: dir },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, to be ended as Ctrl-C in a terminal ends it: npm, shell and stack together.
    detached: true,
  });
  child.once(
    "close",
    clearAtExit(() => endGroup(child, "SIGKILL")),
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => {
      output += part.toString();
    });
  const end = () => ending(child);
  try {
    const session = await untilReady(sessionFile, child);
    if (!session || child.pid === undefined) throw new Error(`npm start ended by itself:\n${output}`);
    await search(session);
    return {
      url: session.url,
      apiKey: session.api_key,
      adminToken: session.admin_token,
      pid: child.pid,
      seconds: (performance.now() - from) / 1000,
      output: () => output,
      end,
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function search({ url, api_key: key }: z.infer<typeof Session>): Promise<void> {
  const response = await fetch(`${url}/v1/collections/emoji/search`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ query: "a red apple", top_k: 3 }),
  });
  if (!response.ok) throw new Error(`the first search was answered with ${response.status}: ${await response.text()}`);
  Found.parse(await response.json());
}

/** @returns undefined if the stack ended before. */
async function untilReady(file: string, child: ChildProcess): Promise<z.infer<typeof Session> | undefined> {
  while (!ended(child)) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text !== "") return Session.parse(JSON.parse(text));
    await sleep(LOOK_EVERY_MS);
  }
  return undefined;
}

/** Ends the stack and waits until it has. */
async function ending(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || ended(child)) return;
  const gone = once(child, "close");
  endGroup(child, "SIGTERM");
  await gone;
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Another process may take it before it is used; the stack then says so and the benchmark fails. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
