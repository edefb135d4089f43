/** `npm run ops`: the operator's work on the index. Exit code 1: something failed or is not as it should be; 2: not understood. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "../settings.ts";
import { run } from "./collections.ts";
import { type Arguments, parseCommandLine, type QdrantArguments, USAGE } from "./command-line.ts";
import { operatorAt } from "./operator.ts";
import { runQdrant } from "./qdrant.ts";
import { runSnapshots } from "./snapshots.ts";

const args = readArguments();
try {
  process.exitCode = (await perform(args)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** @returns whether all is as it should be. */
function perform(what: Arguments): Promise<boolean> {
  if ("folder" in what) return runQdrant(what, process.env, console.log);
  const operator = operatorAt(addressOf(what));
  return "name" in what ? runSnapshots(operator, what, console.log) : run(operator, what, console.log, console.error);
}

function readArguments(): Arguments {
  try {
    const parsed = parseCommandLine(process.argv.slice(2));
    if (parsed) return parsed;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** @throws Error if neither the environment nor a local stack that runs tells it. */
function addressOf({ url: given }: Exclude<Arguments, QdrantArguments>): {
  readonly url: string;
  readonly token: string;
} {
  const { SIGHTLINE_URL, SIGHTLINE_ADMIN_TOKEN, SIGHTLINE_DIR = join(ROOT, ".sightline") } = process.env;
  const url = given ?? SIGHTLINE_URL;
  if (url !== undefined) {
    // The local stack's token is nobody else's business.
    if (SIGHTLINE_ADMIN_TOKEN === undefined)
      throw new Error(`SIGHTLINE_ADMIN_TOKEN is not set: ${url} will ask for it`);
    return { url, token: SIGHTLINE_ADMIN_TOKEN };
  }
  try {
    const Session = z.object({ url: z.string(), admin_token: z.string() });
    const local = Session.parse(JSON.parse(readFileSync(join(SIGHTLINE_DIR, "dev.json"), "utf8")));
    return { url: local.url, token: local.admin_token };
  } catch (cause) {
    throw new Error("which deployment? Set SIGHTLINE_URL and SIGHTLINE_ADMIN_TOKEN, or start the local stack", {
      cause,
    });
  }
}
