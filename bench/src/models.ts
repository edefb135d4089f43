/** Every variant of both towers of a ViT-B/32: the service's session against the bare runtime, by batch and threads. */
import { openLoop } from "./bare-loop.ts";
import type { BenchOptions } from "./bench.ts";
import {
  IMAGE_SIZE,
  LOOP_FEEDS,
  openServiceSession,
  type ServiceSession,
  type SessionSpec,
  TEXT_TOKENS,
  TOWERS,
  type TowerName,
  VARIANTS,
  type Variant,
  withTower,
} from "./clip-towers.ts";
import { median } from "./load.ts";
import type { Finding } from "./report.ts";

const BATCHES = [1, 8, 32] as const;
/** So many combinations are measured that each takes a fraction of the time asked for. */
const SHARE = 1 / 6;
const LAPS = 3;

interface Measured {
  readonly threads: number;
  readonly batch: number;
  readonly ours: number;
  readonly bare: number;
}

export async function benchModels(options: BenchOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  // How pictures come in is the same in every precision.
  for (const tower of TOWERS)
    for (const variant of tower === "image-bytes" ? (["fp32"] as const) : VARIANTS) {
      options.say(`${tower} tower, ${variant}`);
      findings.push(await withTower(tower, variant, (spec) => measure(tower, variant, spec, options)));
    }
  return findings;
}

async function measure(
  tower: TowerName,
  variant: Variant,
  spec: SessionSpec,
  { cores, seconds }: BenchOptions,
): Promise<Finding> {
  const all: Measured[] = [];
  let sessionMb = 0;
  for (const threads of new Set([1, cores])) {
    const before = residentMb();
    const session = await openServiceSession({ ...spec, providers: ["cpu"], threads });
    sessionMb = Math.max(sessionMb, residentMb() - before);
    await using loop = openLoop({
      ...LOOP_FEEDS[tower],
      file: spec.file,
      input: spec.input,
      threads,
    });
    for (const batch of BATCHES) {
      const ms = (seconds * 1000 * SHARE) / LAPS;
      const laps: { ours: number; bare: number }[] = [];
      // In turn, so that what else the machine does meets both.
      for (let i = 0; i < LAPS; i++) {
        laps.push({ bare: await loop.lap({ batch, ms }), ours: await lap(session, tower, batch, ms) });
      }
      const of = (side: "ours" | "bare") => median(laps.map((found) => found[side]));
      all.push({ threads, batch, ours: of("ours"), bare: of("bare") });
    }
    await session.close();
  }
  const best = all.reduce((a, b) => (b.ours > a.ours ? b : a));
  return {
    what: `${tower} tower, ${variant}`,
    unit: tower === "text" ? "texts/s" : "images/s",
    value: best.ours,
    against: {
      kind: "ceiling",
      what: `bare onnxruntime, batch ${best.batch}, ${best.threads} threads`,
      value: best.bare,
    },
    ratio: best.ours / best.bare,
    notes: [
      ...all.map(
        ({ threads, batch, ours, bare }) =>
          `${threads} threads, batch ${batch}: ${ours.toFixed(1)} against ${bare.toFixed(1)}, ratio ${(ours / bare).toFixed(2)}`,
      ),
      `the session takes about ${sessionMb.toFixed(0)} MB`,
    ],
  };
}

async function lap(session: ServiceSession, tower: TowerName, batch: number, ms: number): Promise<number> {
  const row = tower === "text" ? new Int32Array(TEXT_TOKENS).fill(320) : new Uint8Array(IMAGE_SIZE ** 2 * 3);
  const rows = Array.from({ length: batch }, () => row);
  await session.run(rows);
  const from = performance.now();
  let done = 0;
  while (performance.now() - from < ms) {
    await session.run(rows);
    done += batch;
  }
  return done / ((performance.now() - from) / 1000);
}

const residentMb = (): number => process.memoryUsage.rss() / 2 ** 20;
