/** Picture files to the model's pixels, with no model and no service: images per second, against bare sharp. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import type { BenchOptions } from "./bench.ts";
import { photograph } from "./jpegs.ts";
import { type Compared, compare } from "./load.ts";
import { ROOT } from "./paths.ts";
import type { Finding } from "./report.ts";

const SIZE = 224;
const CONCURRENCIES = [1, 2, 4] as const;
/** So many kinds, concurrencies and rounds are measured that each takes a fraction of the time asked for. */
const SHARE = 1 / 12;

const KINDS = [
  { kind: "JPEG 256 × 256", width: 256, height: 256, format: "jpeg" },
  { kind: "JPEG 640 × 480", width: 640, height: 480, format: "jpeg" },
  { kind: "JPEG 4000 × 3000", width: 4000, height: 3000, format: "jpeg" },
  { kind: "PNG 640 × 480", width: 640, height: 480, format: "png" },
] as const;

type Work = (file: Uint8Array) => Promise<unknown>;

export async function benchPreprocess(options: BenchOptions): Promise<readonly Finding[]> {
  const ours = await service();
  const bare: Work = (file) => sharp(file).resize(SIZE).raw().toBuffer();
  const findings: Finding[] = [];
  for (const { kind, width, height, format } of KINDS) {
    const file = await (await photograph(width, height, 1)).toFormat(format, { quality: 85 }).toBuffer();
    const seconds = options.seconds * SHARE;
    const measured: (Compared & { readonly callers: number })[] = [];
    for (const callers of CONCURRENCIES) {
      options.say(`${kind}, ${callers} at a time`);
      const found = await compare(
        options,
        () => throughput(file, callers, seconds, bare),
        () => throughput(file, callers, seconds, ours),
      );
      measured.push({ ...found, callers });
    }
    // Of the several, the one with the most callers counts: the service is asked by many.
    const { value, against, ratio } = measured.at(-1) ?? { value: 0, against: 0, ratio: Number.NaN };
    findings.push({
      what: `pre-processing, ${kind}`,
      unit: "images/s",
      value,
      against: { kind: "ceiling", what: "bare sharp, resize", value: against },
      ratio,
      notes: measured.map(
        (found) =>
          `${found.callers} at a time: ${found.value.toFixed(1)} against ${found.against.toFixed(1)} images/s, ratio ${found.ratio.toFixed(2)}`,
      ),
    });
  }
  return findings;
}

/** What the service does to a file. It is no library: its modules are loaded by their place, as its process loads them. */
async function service(): Promise<Work> {
  const load = (module: string) => import(pathToFileURL(join(ROOT, "gpu-backend/src", module)).href);
  const { openImage } = (await load("media/decode.ts")) as { openImage: Work };
  const { preprocess } = (await load("models/preprocess.ts")) as {
    preprocess: (image: unknown, spec: object) => Promise<unknown>;
  };
  const spec = { size: SIZE, resize: "shortest", interpolation: "bicubic" };
  return async (file) => preprocess(await openImage(file), spec);
}

/** @returns images per second over about `seconds`, `callers` at any time. */
async function throughput(file: Uint8Array, callers: number, seconds: number, work: Work): Promise<number> {
  const from = performance.now();
  let done = 0;
  async function caller(): Promise<void> {
    while (performance.now() - from < seconds * 1000) {
      await work(file);
      done++;
    }
  }
  await Promise.all(Array.from({ length: callers }, caller));
  return done / ((performance.now() - from) / 1000);
}
