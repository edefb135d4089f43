import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
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

const WRITER = fileURLToPath(new URL("./testing/crash-writer.ts", import.meta.url));

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sightline-crash-"));
});
afterEach(() => rm(dataDir, { recursive: true }));

it("keeps every acknowledged write and delete through one kill -9 after another", { timeout: 120_000 }, async () => {
  const model = new Map<number, number>();
  for (const [seed, acknowledgements] of [1, 40, 150, 3, 300].entries()) {
    await expectWhole(model, await writeUntilKilled(seed, (count) => count === acknowledgements));
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
    expect(existsSync(folder + COMPACTED)).toBe(false);
  }
  expect(cutShort).toBeGreaterThan(0);
});

it("takes over from a holder that was killed, at once", async () => {
  await writeUntilKilled(1, (count) => count === 1);
  const store = await openEmbeddedStore({ dataDir, log: { info() {}, warn() {} } });
  expect(await store.health()).toMatchObject({ status: "ok" });
  await store.close();
});

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

/** Opens the store that was left and compares all that is in it. @param model version by item, brought up to date. */
async function expectWhole(model: Map<number, number>, { acknowledged, underWay }: Written): Promise<void> {
  expect(acknowledged.length).toBeGreaterThan(0);
  for (const operation of acknowledged) apply(model, operation);
  const store = await openEmbeddedStore({ dataDir, log: { info() {}, warn() {} } });
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
}

function apply(model: Map<number, number>, { kind, items, version }: Operation): void {
  for (const item of items) {
    if (kind === "upsert") model.set(item, version);
    else model.delete(item);
  }
}
