import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { modelRevisionKey } from "@sightline/shared/ids";
import { dot } from "@sightline/shared/vectors";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openEmbeddedStore } from "./embedded-store.ts";
import { COMPACTED } from "./replacement.ts";
import { ITEMS, idOf, type Operation, operations, pointOf, SCOPE, SPACE } from "./testing/operations.ts";

const FULL_DISK_WRITER = fileURLToPath(new URL("./testing/full-disk-writer.ts", import.meta.url));
const WRITER = fileURLToPath(new URL("./testing/crash-writer.ts", import.meta.url));

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sightline-crash-"));
});
afterEach(() => rm(dataDir, { recursive: true }));

it("keeps every acknowledged write and delete through one kill -9 after another", { timeout: 120_000 }, async () => {
  const model = new Map<number, number>();
  for (const [seed, acknowledgements] of [1, 3, 40, 5, 2, 150].entries()) {
    await expectWhole(model, await writeUntilKilled(seed, (count) => count === acknowledgements));
    await tearLogs();
  }
});

it("keeps them when it dies while it compacts", { timeout: 120_000 }, async () => {
  const model = new Map<number, number>();
  const folder = join(dataDir, modelRevisionKey(SPACE));
  let cutShort = 0;
  for (const [round, afterwards] of [0, 1, 3, 8, 20].entries()) {
    let seen = 0;
    const written = await writeUntilKilled(100 + round, () => existsSync(folder + COMPACTED) && seen++ >= afterwards);
    if (existsSync(folder + COMPACTED)) cutShort++;
    await expectWhole(model, written);
  }
  expect(cutShort).toBeGreaterThan(0);
});

it.skipIf(process.platform !== "linux")("keeps what it acknowledged once a full disk had room again", async () => {
  const writer = spawn(process.execPath, [FULL_DISK_WRITER, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => writer.on("close", resolve));
  const said: string[] = [];
  for await (const line of createInterface({ input: writer.stdout })) said.push(line);
  await closed;
  expect(said.toSorted()).toEqual([
    "0 50 acknowledged ok",
    "100 101 failed degraded",
    "200 250 acknowledged ok",
    "250 260 acknowledged ok",
    "50 100 failed degraded",
  ]);
  const store = await openEmbeddedStore({ dataDir, log: { info() {}, warn() {} } });
  for (const [from, to] of [
    [0, 50],
    [200, 260],
  ] as const) {
    const points = Array.from({ length: to - from }, (_, i) => pointOf(from + i, 1));
    const ids = points.map(({ id }) => id);
    expect(await store.get(SPACE, SCOPE, ids)).toEqual(points);
  }
  await store.close();
});

it("takes over from a holder that was killed, at once", async () => {
  await writeUntilKilled(1, (count) => count === 1);
  const store = await openEmbeddedStore({ dataDir, log: { info() {}, warn() {} } });
  expect(await store.health()).toMatchObject({ status: "ok" });
  await store.close();
});

/** What a kill leaves that comes between the writes of which one record of zvec's log is made: its length and checksum, and no content. */
async function tearLogs(): Promise<void> {
  const logs = (await readdir(dataDir, { recursive: true })).filter((name) => name.endsWith(".wal"));
  for (const log of logs) await appendFile(join(dataDir, log), Uint8Array.of(200, 0, 0, 0, 1, 2, 3, 4));
}

interface Written {
  readonly acknowledged: readonly Operation[];
  readonly underWay: Operation;
}

/** Lets a writer run until `isTime`, asked at each acknowledgement with their number, and kills it in the midst of the next operations. */
async function writeUntilKilled(seed: number, isTime: (acknowledgements: number) => boolean): Promise<Written> {
  const writer = spawn(process.execPath, [WRITER, dataDir, String(seed)], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise<NodeJS.Signals | null>((resolve) => writer.on("close", (_, signal) => resolve(signal)));
  let count = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    count = Number(line);
    if (isTime(count)) writer.kill("SIGKILL");
  }
  expect(await closed).toBe("SIGKILL");
  const stream = operations(seed);
  const acknowledged = Array.from({ length: count }, () => stream.next().value);
  return { acknowledged, underWay: stream.next().value };
}

/**
 * Opens what was left and compares all that is in it: a copy, for closing would heal what the next writer is to find as it is.
 * @param model version by item, brought up to date.
 */
async function expectWhole(model: Map<number, number>, { acknowledged, underWay }: Written): Promise<void> {
  expect(acknowledged.length).toBeGreaterThan(0);
  for (const operation of acknowledged) apply(model, operation);
  const copy = `${dataDir} copy`;
  await cp(dataDir, copy, { recursive: true });
  const store = await openEmbeddedStore({ dataDir: copy, log: { info() {}, warn() {} } });
  expect((await readdir(copy)).filter((name) => name.endsWith(COMPACTED))).toEqual([]);
  const got = await store.get(
    SPACE,
    SCOPE,
    Array.from({ length: ITEMS }, (_, item) => idOf(item)),
  );
  // Of the operation that the kill cut short each item may or may not be done, and either is right from now on.
  for (const item of underWay.items) {
    const done = new Map<number, number>();
    apply(done, { ...underWay, items: [item] });
    if (got[item]?.metadata.version === done.get(item)) apply(model, { ...underWay, items: [item] });
  }
  for (const [item, point] of got.entries()) {
    const version = model.get(item);
    expect(point).toEqual(version === undefined ? undefined : pointOf(item, version));
  }
  const query = { vector: pointOf(0, 1).vector, topK: 20 };
  const hits = await store.search(SPACE, SCOPE, query);
  const scores = [...model].map(([item, version]) => dot(pointOf(item, version).vector, query.vector));
  const nearest = scores.sort((a, b) => b - a).slice(0, query.topK);
  expect(hits.map((hit) => hit.score.toFixed(4))).toEqual(nearest.map((score) => score.toFixed(4)));
  await store.close();
  await rm(copy, { recursive: true });
}

function apply(model: Map<number, number>, { kind, items, version }: Operation): void {
  for (const item of items) {
    if (kind === "upsert") model.set(item, version);
    else model.delete(item);
  }
}
