/** Fills the collection `emoji` with pictures, unless an earlier start has done so with the model that is served now. */
import { type Collection, type ItemInput, type Model, NotFoundError, type Sightline } from "../../sdk/src/index.ts";
import { progressBar } from "./bar.ts";
import { type EmojiSample, loadEmojiSamples, renderEmoji } from "./emoji.ts";

const NAME = "emoji";
const DESCRIPTION = "Fluent Emoji (flat) by Microsoft, MIT";
/** Drawn at a time, while those before are being indexed. */
const BATCH = 48;

/**
 * @returns how many pictures were indexed now and how long it took.
 * @throws Error if the model that they are to be indexed with is not served.
 */
export async function indexSamples(sightline: Sightline): Promise<{ indexed: number; total: number; ms: number }> {
  const samples = await loadEmojiSamples();
  const model = (await sightline.models()).find((m) => m.default && m.tasks.includes("search"));
  if (!model) throw new Error("the backend has refused the model; its reason is in the lines above");
  const emoji = sightline.collection(NAME);
  if (await isComplete(emoji, samples.length, model)) return { indexed: 0, total: samples.length, ms: 0 };
  await emoji.delete().catch(unlessMissing);
  await emoji.put({ description: DESCRIPTION });

  const bar = progressBar("  indexing emoji  {bar} {value}/{total} pictures, {rate}/s", 2000);
  const from = performance.now();
  bar.start(samples.length, 0, { rate: "–" });
  let done = 0;
  try {
    for await (const result of emoji.upsertEach(drawn(samples))) {
      if (result.status === "failed") throw new Error(`a sample picture was refused: ${JSON.stringify(result)}`);
      done++;
      bar.update(done, { rate: Math.round(done / ((performance.now() - from) / 1000)) });
    }
  } finally {
    bar.stop();
  }
  return { indexed: samples.length, total: samples.length, ms: performance.now() - from };
}

/** A collection to which somebody has added items is left as it is. */
async function isComplete(
  collection: Collection,
  total: number,
  model: Pick<Model, "id" | "revision">,
): Promise<boolean> {
  const found = await collection.get().catch(unlessMissing);
  if (!found || found.items.total < total) return false;
  return found.model === model.id && found.revision === model.revision;
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

async function* drawn(samples: readonly EmojiSample[]): AsyncGenerator<ItemInput> {
  let next = drawBatch(samples.slice(0, BATCH));
  for (let at = 0; at < samples.length; at += BATCH) {
    const items = await next;
    next = drawBatch(samples.slice(at + BATCH, at + 2 * BATCH));
    yield* items;
  }
}

function drawBatch(samples: readonly EmojiSample[]): Promise<readonly ItemInput[]> {
  return Promise.all(
    samples.map(async (sample) => ({
      id: sample.id,
      image: await renderEmoji(sample),
      metadata: sample.metadata,
    })),
  );
}
