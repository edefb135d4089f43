/** What the service around the model costs: its images per second, through signed calls, over those of the bare model. */
import { type Backend, startBackend } from "./backend.ts";
import { type BareLoop, openBareLoop } from "./bare-loop.ts";
import type { BenchOptions } from "./bench.ts";
import { makeJpegs } from "./jpegs.ts";
import { CALLERS, compare, drive, median, pictureCount } from "./load.ts";
import type { Finding } from "./report.ts";
import { vitModel } from "./vit.ts";
import { TENSORS } from "./vit-graph.ts";

const DECODE_SAMPLES = 16;

export async function benchServed(options: BenchOptions): Promise<readonly Finding[]> {
  const { cores, seconds, rounds } = options;
  const model = await vitModel(options);
  const jpegs = await makeJpegs();
  await using backend = await startBackend(model, cores);
  await using loop = await openBareLoop({
    file: model.imageTower,
    input: TENSORS.image.input,
    size: model.imageSize,
    threads: cores,
    provider: backend.provider,
  });

  await drive(jpegs, CALLERS, backend.embed);
  const decodeMs: number[] = [];
  for (const jpeg of jpegs.slice(0, DECODE_SAMPLES)) decodeMs.push((await backend.embed(jpeg)).timings.decodeMs);
  const count = pictureCount(loop.rates.get(loop.bestBatch) ?? 0, seconds);
  const before = await backend.batches();
  const { value, against, ratio } = await compare(
    options,
    () => loop.measure(seconds),
    () => drive(jpegs, count, backend.embed),
  );
  const after = await backend.batches();
  return [
    {
      what: "served",
      unit: "images/s",
      value,
      against: { kind: "ceiling", what: `bare onnxruntime, batch ${loop.bestBatch}`, value: against },
      ratio,
      goal: 0.9,
      notes: [
        `CLIP ViT-B/32 shape, fp32, ${backend.provider}, ${cores} threads; ${rounds} rounds of ${count} JPEGs of 400 × 300, ${CALLERS} callers, one image a call`,
        calibration(loop),
        batching(before, after),
        decoding(median(decodeMs), value, cores),
      ],
    },
  ];
}

const calibration = ({ rates }: BareLoop): string =>
  `bare onnxruntime by batch size: ${[...rates].map(([batch, rate]) => `${batch}: ${rate.toFixed(1)}`).join(", ")} images/s`;

type Batches = Awaited<ReturnType<Backend["batches"]>>;

function batching(before: Batches, after: Batches): string {
  const batches = after.batches - before.batches;
  return `the server formed ${batches} batches, ${((after.images - before.images) / batches).toFixed(1)} images each on average`;
}

/**
 * The ceiling's pictures are ready-made, ours are not: the cores' time that goes into that is lost to the model.
 * @param ms of one picture with nothing beside it: under load the time on the clock is mostly waiting for a core.
 */
function decoding(ms: number, imagesPerSecond: number, cores: number): string {
  const share = (ms * imagesPerSecond) / (cores * 1000);
  return `decoding and pre-processing: ${ms.toFixed(1)} ms of one core for a picture, at this rate ${(100 * share).toFixed(1)} % of the cores' time`;
}
