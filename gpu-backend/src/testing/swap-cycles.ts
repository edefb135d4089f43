/**
 * A process that swaps models for `swap-memory.test.ts`, since memory can be told only of a process that does nothing else:
 * serves `heavy` while `heavy@2` comes and goes, with requests under way all the time, and says how much memory it has
 * when only the first is loaded.
 */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ModelRevision } from "@sightline/shared/ids";
import { loadRegistry } from "../models/registry.ts";

export interface SwapReport {
  /** After the first load, then after each cycle. */
  readonly rssMb: readonly number[];
  readonly answered: number;
  readonly failures: readonly string[];
}

const [modelsDir = "", spare = "", cycles = ""] = process.argv.slice(2);
const SETTLE_MS = 200;

const unloads: (() => void)[] = [];
const registry = await loadRegistry({
  modelsDirs: [modelsDir],
  wanted: "all",
  variants: ["fp32"],
  engine: { providers: ["cpu"], threads: 1, maxImageBatch: 4, maxTextBatch: 4, maxPairBatch: 4, maxQueue: 64 },
  log: {
    info: (_: unknown, message?: string) => {
      if (message === "model unloaded") unloads.shift()?.();
    },
    warn: () => {},
  },
  now: () => performance.now(),
});

async function settledRssMb(): Promise<number> {
  globalThis.gc?.();
  await sleep(SETTLE_MS);
  return Math.round(process.memoryUsage.rss() / 1e6);
}

const embed = (revision: string) =>
  registry.use("clip", { id: "heavy", revision } as ModelRevision, (model) =>
    model.embedPixels(new Uint8Array(model.imageSpec.size ** 2 * 3).fill(99), {
      lane: "interactive",
      deadlineAt: performance.now() + 30_000,
      signal: new AbortController().signal,
    }),
  );

let done = false;
let answered = 0;
const failures: string[] = [];
async function flow(): Promise<void> {
  while (!done) {
    await embed("1").then(
      () => answered++,
      (error: unknown) => failures.push(String(error)),
    );
    await sleep(1);
  }
}

const flowing = flow();
const rssMb = [await settledRssMb()];
for (let cycle = 0; cycle < Number(cycles); cycle++) {
  await rename(spare, join(modelsDir, "heavy@2"));
  await registry.reload();
  for (const { id, reason } of registry.refused) throw new Error(`${id} was refused: ${reason}`);
  await embed("2");
  await rename(join(modelsDir, "heavy@2"), spare);
  const unloaded = new Promise<void>((resolve) => unloads.push(resolve));
  await registry.reload();
  await unloaded;
  rssMb.push(await settledRssMb());
}
done = true;
await flowing;
process.send?.({ rssMb, answered, failures } satisfies SwapReport);
await registry.close();
