/** What the service around an entailment model costs: its pairs per second, through signed calls, over those of the bare model. */
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { EntailResponse } from "@sightline/shared/internal/entailment";
import { z } from "zod";
import { type Service, startService } from "./backend.ts";
import { type Loop, openLoop } from "./bare-loop.ts";
import { type BenchOptions, NotHere } from "./bench.ts";
import { percentile } from "./http-load.ts";
import { makeJpegs } from "./jpegs.ts";
import { compare, median } from "./load.ts";
import { ROOT } from "./paths.ts";
import type { Finding } from "./report.ts";

const BUILT_IN = join(ROOT, "models/emoji-entail");
/** As the service batches by default, and alone. */
const BATCHES = [1, 4] as const;
/** One full batch in the engine and the next one waiting; fewer where that would take longer than this. */
const MOST_CALLERS = 8;
const PATIENCE_S = 10;
/** Rounds are this much shorter than was asked for: there are three things to measure. */
const SHARE = 0.5;
/** A sentence of about ten words, in its prompt. */
const HYPOTHESIS = "a dog is running on green grass in a park";
const PROMPT_TOKENS = 20;

const Manifest = z.object({
  id: z.string(),
  revision: z.string(),
  image: z.object({ size: z.number(), input: z.string() }),
  text: z.object({ input: z.string(), lengths: z.string() }),
  files: z.partialRecord(z.enum(["int8", "fp16", "fp32"]), z.object({ path: z.string() })),
});
type Manifest = z.infer<typeof Manifest>;

export async function benchEntail(options: BenchOptions): Promise<readonly Finding[]> {
  const folder = resolve(process.env.ENTAIL_MODEL_DIR ?? BUILT_IN);
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => {
    throw new NotHere(`there is no model in ${folder}`);
  });
  const manifest = Manifest.parse(JSON.parse(text));
  const { image, text: ports, files } = manifest;
  const [variant = "", file] = Object.entries(files).toSorted(bySize)[0] ?? [];
  await using service = await startService({ id: manifest.id, modelsDir: dirname(folder) }, options.cores);
  const { provider } = await service.graph("pair");
  await using loop = openLoop({
    file: join(folder, file?.path ?? ""),
    input: image.input,
    size: image.size,
    pair: { tokens: PROMPT_TOKENS, ids: ports.input, lengths: ports.lengths },
    threads: options.cores,
    provider: provider.chosen,
  });
  // Awaited here: service and loop end with this function.
  return await measure({ ...options, seconds: options.seconds * SHARE }, manifest, variant, loop, service);
}

/** In the order in which the service takes them. */
const ORDER = ["int8", "fp16", "fp32"];
const bySize = ([a]: [string, unknown], [b]: [string, unknown]) => ORDER.indexOf(a) - ORDER.indexOf(b);

async function measure(
  options: BenchOptions,
  { id, revision }: Manifest,
  variant: string,
  loop: Loop,
  service: Service,
): Promise<readonly Finding[]> {
  const { cores, seconds, rounds } = options;
  const jpegs = await makeJpegs();
  const judge = async (i: number): Promise<void> => {
    const bytes = jpegs[i % jpegs.length];
    const images = [{ kind: "image", bytes }];
    const pairs = [{ image: 0, hypothesis: HYPOTHESIS }];
    const request = { model: { id, revision }, lane: "interactive", images, pairs };
    const { results } = await service.call("/internal/v1/entail", request, EntailResponse);
    if (results[0]?.status !== "ok") throw new Error(`a pair was refused: ${JSON.stringify(results[0])}`);
  };
  const rates = new Map<number, number>();
  for (const batch of BATCHES) rates.set(batch, await loop.lap({ batch, ms: seconds * 1000 }));
  const [best, rate] = [...rates].reduce((a, b) => (b[1] > a[1] ? b : a));
  const callers = Math.max(1, Math.min(MOST_CALLERS, Math.floor(rate * PATIENCE_S)));
  const count = callers * Math.max(1, Math.round((rate * seconds) / callers));
  const { value, against, ratio } = await compare(
    options,
    () => loop.lap({ batch: best, ms: seconds * 1000 }),
    () => drive(count, callers, judge),
  );
  const { bare, alone } = await latencies(options, loop, judge);
  const what = `${id}, ${variant}, ${cores} threads`;
  return [
    {
      what: "entail",
      unit: "pairs/s",
      value,
      against: { kind: "ceiling", what: `bare onnxruntime, batch ${best}`, value: against },
      ratio,
      goal: 0.9,
      notes: [
        what,
        `${rounds} rounds of ${count} pairs, ${callers} callers, one JPEG of 400 × 300 and one sentence a call`,
        `bare onnxruntime by batch size: ${[...rates].map(([batch, found]) => `${batch}: ${found.toFixed(1)}`).join(", ")} pairs/s`,
      ],
    },
    {
      what: "entail, one pair",
      unit: "ms",
      value: percentile(alone, 0.5),
      against: { kind: "ceiling", what: "bare onnxruntime, one pair", value: bare },
      ratio: percentile(alone, 0.5) / bare,
      notes: [what, `p95 ${percentile(alone, 0.95).toFixed(1)} ms, of ${alone.length} one after the other`],
    },
  ];
}

/** @returns pairs per second of `count` pairs, `callers` calls at any time. */
async function drive(count: number, callers: number, judge: (i: number) => Promise<void>): Promise<number> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) await judge(next++);
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  return count / ((performance.now() - from) / 1000);
}

/** In turn with the bare model, so that what else the machine does meets both. @returns milliseconds, `alone` ascending. */
async function latencies({ seconds, rounds }: BenchOptions, loop: Loop, judge: (i: number) => Promise<void>) {
  const ms = (seconds * 1000) / rounds;
  const bare: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(1000 / (await loop.lap({ batch: 1, ms })));
    const until = performance.now() + 2 * ms;
    while (performance.now() < until) {
      const from = performance.now();
      await judge(alone.length);
      alone.push(performance.now() - from);
    }
  }
  return { bare: median(bare), alone: alone.sort((a, b) => a - b) };
}
