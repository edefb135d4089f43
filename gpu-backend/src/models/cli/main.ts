/**
 * `npm run models`: pull, list, verify and remove models. A program of its own, so that whoever wants its commands (the
 * build of an image) starts it and imports nothing.
 */
import { join, resolve } from "node:path";
import { EnvHttpProxyAgent, fetch } from "undici";
import { UsageError } from "../pull/errors.ts";
import { MIRROR_VARIABLE, parseMirror } from "../pull/mirror.ts";
import { showProgress } from "../pull/progress.ts";
import { parseArguments } from "./arguments.ts";
import { runCommand } from "./commands.ts";

const ROOT = join(import.meta.dirname, "../../../..");
/** A server that sends nothing for so long has gone. */
const STALL_MS = 30_000;
const EXIT_CODES = { good: 0, failed: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const;

type Ending = keyof typeof EXIT_CODES;

/** Once only: the second Ctrl-C ends the process whatever it does. */
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort(signal));

process.exitCode = EXIT_CODES[await main()];

async function main(): Promise<Ending> {
  const { env } = process;
  try {
    const args = parseArguments(process.argv.slice(2));
    const dispatcher = new EnvHttpProxyAgent();
    const good = await runCommand(args, {
      builtInDir: join(ROOT, "models"),
      dir: resolve(args.dir ?? join(env.SIGHTLINE_DIR ?? join(ROOT, ".sightline"), "models")),
      catalogueDir: resolve(args.catalogue ?? join(ROOT, "models/manifests")),
      transfer: {
        fetch: (url, init) => fetch(url, { ...init, dispatcher }),
        mirror: parseMirror(env[MIRROR_VARIABLE]),
        progress: showProgress(process.stderr, () => performance.now()),
        signal: interrupted.signal,
        stallMs: STALL_MS,
        random: Math.random,
        now: Date.now,
      },
      print: (line) => console.log(line),
    });
    return good ? "good" : "failed";
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): Ending {
  const { reason } = interrupted.signal;
  if (error === reason && (reason === "SIGINT" || reason === "SIGTERM")) {
    console.error("Interrupted. What has come is kept: the same command goes on from there.");
    return reason;
  }
  console.error(error instanceof Error ? error.message : String(error));
  if (!(error instanceof UsageError)) return "failed";
  console.error("npm run models -- --help lists the commands.");
  return "usage";
}
