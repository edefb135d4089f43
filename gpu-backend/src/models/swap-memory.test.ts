import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SwapReport } from "../testing/swap-cycles.ts";
import { TINY, tinyModelFiles, wideImageTower, writeTinyModel } from "../testing/tiny-model.ts";

const CYCLES = 10;
const MODEL_MB = 40;
const BYTES_PER_UNIT = 256;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "swap-memory-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("ten swaps of a model", () => {
  it("fail no request and give the memory back", { timeout: 120_000 }, async () => {
    const files = { ...tinyModelFiles(), image: wideImageTower(TINY, (MODEL_MB * 1e6) / BYTES_PER_UNIT) };
    const models = join(folder, "models");
    const spare = join(folder, "spare");
    await mkdir(models);
    await writeTinyModel(models, "heavy", files);
    await rename(await writeTinyModel(folder, "heavy@2", files), spare);

    const child = fork(join(import.meta.dirname, "../testing/swap-cycles.ts"), [models, spare, String(CYCLES)], {
      execArgv: ["--expose-gc"],
      // As the backend is run: docs/decisions/0006.
      env: { ...process.env, MALLOC_MMAP_THRESHOLD_: "1048576" },
    });
    const exited = once(child, "exit");
    const ended = exited.then(([code]): never => {
      throw new Error(`the process ended with ${code} and without a report`);
    });
    const [report] = (await Promise.race([once(child, "message"), ended])) as [SwapReport];
    ended.catch(() => undefined);
    await exited;

    const [loaded = 0, first = 0] = report.rssMb;
    const last = report.rssMb.at(-1) ?? 0;
    console.log(`RSS in MB: ${loaded} with one model, then after each swap ${report.rssMb.slice(1).join(", ")}`);
    expect(report.failures).toEqual([]);
    expect(report.answered).toBeGreaterThan(CYCLES);
    // A leak of one model a cycle would be nine.
    expect(last - first).toBeLessThan(3 * MODEL_MB);
  });
});
