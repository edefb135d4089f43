/** Memory of NVIDIA's GPUs, as `nvidia-smi` tells it. The tool is slow and hangs when a GPU is ill, so it is asked seldom. */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

interface GpuMemory {
  /** The number by which CUDA knows it in this container. */
  readonly device: string;
  readonly usedBytes: number;
  readonly totalBytes: number;
}

/** @returns nothing where there is no such GPU, or no answer in time. */
export type ReadGpuMemory = () => Promise<readonly GpuMemory[]>;

interface Options {
  /** @returns lines of `index, used MiB, total MiB`. */
  readonly query?: () => Promise<string>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly maxAgeMs?: number;
  readonly patienceMs?: number;
}

const MIB = 2 ** 20;

export function gpuMemoryReader({
  query = nvidiaSmi,
  now,
  maxAgeMs = 10_000,
  patienceMs = 1000,
}: Options): ReadGpuMemory {
  let askedAt = Number.NEGATIVE_INFINITY;
  let answered = true;
  let known: readonly GpuMemory[] = [];
  let waiting: Promise<unknown> = Promise.resolve();

  async function ask(): Promise<void> {
    try {
      known = parse(await query());
    } catch {
      known = [];
    }
    answered = true;
  }

  return async () => {
    // Who does not answer is not asked again: a process that waits for a driver cannot even be killed.
    if (answered && now() - askedAt >= maxAgeMs) {
      askedAt = now();
      answered = false;
      waiting = Promise.race([ask(), sleep(patienceMs, undefined, { ref: false })]);
    }
    await waiting;
    return answered ? known : [];
  };
}

async function nvidiaSmi(): Promise<string> {
  const { stdout } = await promisify(execFile)("nvidia-smi", [
    "--query-gpu=index,memory.used,memory.total",
    "--format=csv,noheader,nounits",
  ]);
  return stdout;
}

/** Lines without numbers («[N/A]», an error) are left out. */
function parse(csv: string): readonly GpuMemory[] {
  return [...csv.matchAll(/^(\d+), (\d+), (\d+)$/gm)].map(([, device = "", used, total]) => ({
    device,
    usedBytes: Number(used) * MIB,
    totalBytes: Number(total) * MIB,
  }));
}
