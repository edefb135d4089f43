/** What a newcomer waits for: `npm start` to the first answer, with nothing there yet and again, and indexing in between. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { openBareLoop } from "./bare-loop.ts";
import type { BenchOptions } from "./bench.ts";
import { temporaryFolder } from "./leftovers.ts";
import { ROOT } from "./paths.ts";
import type { Finding } from "./report.ts";
import { timeStart } from "./stack.ts";

const BUILT_IN = join(ROOT, "models/emoji-dual");
const WARM_STARTS = 3;
const LOOP_SECONDS = 5;

/** The part of a manifest that says how the image tower is run. */
const Manifest = z.object({
  image: z.object({
    size: z.number(),
    input: z.string(),
    files: z.partialRecord(z.enum(["int8", "fp16", "fp32"]), z.object({ path: z.string() })),
  }),
});

export async function benchStart({ cores, say }: BenchOptions): Promise<readonly Finding[]> {
  using folder = await temporaryFolder();
  say("cold start…");
  const cold = await timeStart(folder.path);
  const warm: number[] = [];
  say("warm starts…");
  for (let i = 1; i <= WARM_STARTS; i++) warm.push((await timeStart(folder.path)).seconds);
  const warmSeconds = Math.min(...warm);
  const { rate, batch } = await bareRate(cores);
  if (cold.indexedPerSecond === undefined) throw new Error("the cold start did not say how fast it indexed");
  return [
    {
      what: "cold start",
      unit: "s",
      value: cold.seconds,
      against: { kind: "self", what: `warm start, best of ${WARM_STARTS}`, value: warmSeconds },
      ratio: cold.seconds / warmSeconds,
      notes: [
        "from `npm start` to the answer to a first search; cold: no index, no keys, every sample picture embedded; warm: all kept",
      ],
    },
    {
      what: "indexing",
      unit: "images/s",
      value: cold.indexedPerSecond,
      against: { kind: "ceiling", what: `bare onnxruntime, batch ${batch}`, value: rate },
      ratio: cold.indexedPerSecond / rate,
      notes: [
        "the sample pictures through the public API: drawn from SVG, sent, decoded, embedded, thumbnailed, stored durably",
        `the built-in model is small: ${((100 * cold.indexedPerSecond) / rate).toFixed(1)} % of that time is the model's, the rest is what is around it`,
      ],
    },
  ];
}

/** The built-in model's image tower alone, in the variant that the service prefers. */
async function bareRate(threads: number) {
  const { image } = Manifest.parse(JSON.parse(await readFile(join(BUILT_IN, "manifest.json"), "utf8")));
  const file = image.files.int8 ?? image.files.fp16 ?? image.files.fp32;
  if (!file) throw new Error("the built-in model's image tower has no file");
  await using loop = await openBareLoop({
    file: join(BUILT_IN, file.path),
    input: image.input,
    size: image.size,
    threads,
  });
  return { rate: await loop.measure(LOOP_SECONDS), batch: loop.bestBatch };
}
