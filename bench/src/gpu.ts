/** What a GPU gives: the image tower of a ViT-B/32 by precision and batch size, against torch in fp16 on the same card. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { type LoopSpec, openLoop } from "./bare-loop.ts";
import { type BenchOptions, NotHere } from "./bench.ts";
import { LOOP_FEEDS, type TowerName, type Variant, withTower } from "./clip-towers.ts";
import { ROOT } from "./paths.ts";
import type { Finding } from "./report.ts";

const PROVIDERS = ["tensorrt", "cuda"] as const;
const GRAPHS: readonly (readonly [TowerName, Variant])[] = [
  ["image", "fp16"],
  ["image-bytes", "fp16"],
  ["image", "fp32"],
];
const BATCHES = [1, 16, 64, 256] as const;
/**
 * In turn, beside laps of one size: cuDNN plans every convolution anew when the size of the batch is not the last one's, and
 * those of a service's batches hardly ever are.
 */
const CHANGING = [15, 16] as const;
const LAPS = BATCHES.length + 1;

const Torch = z.object({ device: z.string(), torch: z.string(), images_per_second: z.record(z.string(), z.number()) });

/** @throws NotHere that says why, where there is no GPU that onnxruntime can use. */
export async function benchGpu({ seconds, say }: BenchOptions): Promise<readonly Finding[]> {
  const ms = (seconds * 1000) / LAPS;
  const findings: Finding[] = [];
  const refusals: string[] = [];
  const torch = askTorch(say);
  for (const provider of PROVIDERS)
    for (const [tower, variant] of GRAPHS) {
      say(`${provider}, ${tower}, ${variant}`);
      try {
        const rates = await withTower(tower, variant, ({ file, input }) =>
          measure({ ...LOOP_FEEDS[tower], file, input, provider, threads: 1 }, ms),
        );
        findings.push(finding(`${provider}, ${tower}, ${variant}`, rates, torch));
      } catch (error) {
        refusals.push(`${provider}: ${String(error instanceof Error ? error.message : error).split("\n")[0]}`);
      }
    }
  if (findings.length === 0) throw new NotHere(`${whyNone()} (${[...new Set(refusals)].join("; ")})`);
  return findings;
}

/** A machine may have a GPU and lack what ONNX Runtime needs to use it. */
function whyNone(): string {
  const query = ["--query-gpu=name", "--format=csv,noheader"];
  // It hangs where a GPU is ill.
  const { status, stdout } = spawnSync("nvidia-smi", query, { encoding: "utf8", timeout: 10_000 });
  if (status !== 0) return "no GPU";
  return `no usable provider for ${stdout.trim().split("\n").join(", ")}; bench/README.md, "On a GPU", tells what it takes`;
}

interface Rates {
  /** Images per second by batch size. */
  readonly steady: ReadonlyMap<number, number>;
  /** Where the size changes with each batch, as CHANGING has it. */
  readonly changing: number;
}

async function measure(spec: LoopSpec, ms: number): Promise<Rates> {
  await using loop = openLoop(spec);
  const steady = new Map<number, number>();
  for (const batch of BATCHES) steady.set(batch, await loop.lap({ batch, ms }));
  return { steady, changing: await loop.lap({ batch: CHANGING, ms }) };
}

type TorchRates = z.infer<typeof Torch> | undefined;

function finding(graph: string, { steady, changing }: Rates, torch: TorchRates): Finding {
  const [batch, value] = [...steady].reduce((a, b) => (b[1] > a[1] ? b : a));
  const peer = Math.max(0, ...Object.values(torch?.images_per_second ?? {}));
  const list = (of: Iterable<readonly [number | string, number]>) =>
    [...of].map(([size, rate]) => `${size}: ${rate.toFixed(0)}`).join(", ");
  return {
    what: `ViT-B/32, ${graph}, batch ${batch}`,
    unit: "images/s",
    value,
    against: { kind: "peer", what: torch ? `torch ${torch.torch} fp16` : "torch (not there)", value: peer },
    ratio: peer > 0 ? value / peer : Number.NaN,
    notes: [
      `by batch size: ${list(steady)} images/s; ${CHANGING.join(" and ")} in turn: ${changing.toFixed(0)}`,
      ...(torch ? [`torch on ${torch.device}: ${list(Object.entries(torch.images_per_second))} images/s`] : []),
    ],
  };
}

/** @returns undefined where there is no Python with torch, or torch sees no GPU. PYTHON names another interpreter. */
function askTorch(say: (line: string) => void): TorchRates {
  const python = process.env.PYTHON ?? "python3";
  const script = join(ROOT, "bench/peers/torch/clip_image_tower.py");
  const { status, stdout, stderr } = spawnSync(python, [script, ...BATCHES.map(String)], { encoding: "utf8" });
  if (status === 0) return Torch.parse(JSON.parse(stdout));
  say(`torch was not measured: ${stderr?.trim().split("\n").at(-1) ?? `there is no ${python}`}`);
  return undefined;
}
