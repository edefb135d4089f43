/**
 * A process whose disk is full for a while: `node full-disk-writer.ts <data folder>` writes, meets a limit on the size of its files in the
 * midst of a record of the log, writes on without it, and kills itself. It says on stdout what became of each write, and of the store's health.
 */
import { execFileSync } from "node:child_process";
import { statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { modelRevisionKey } from "@sightline/shared/ids";
import { openEmbeddedStore } from "../embedded-store.ts";
import { pointOf, SCOPE, SPACE } from "./operations.ts";

const [dataDir = ""] = process.argv.slice(2);
// Else going beyond the limit ends the process.
process.on("SIGXFSZ", () => undefined);
const store = await openEmbeddedStore({ dataDir, log: { info() {}, warn() {} } });
await store.ensure(SPACE);

const limit = (bytes: number | "unlimited") =>
  execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:unlimited`]);
async function write(from: number, to: number): Promise<void> {
  const points = Array.from({ length: to - from }, (_, i) => pointOf(from + i, 1));
  const done = await store.upsert(SPACE, SCOPE, points).then(
    () => "acknowledged",
    () => "failed",
  );
  writeSync(1, `${from} ${to} ${done} ${(await store.health()).status}\n`);
}

await write(0, 50);
const log = statSync(join(dataDir, modelRevisionKey(SPACE), "0", "0.wal"));
limit(log.size + 1000);
await write(50, 100);
await write(100, 101);
limit("unlimited");
await Promise.all([write(200, 250), write(250, 260)]);
process.kill(process.pid, "SIGKILL");
