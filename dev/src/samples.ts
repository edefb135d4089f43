/** Fills the collection `emoji` with pictures, unless an earlier start has done so with the model that is served now. */
import type { Api } from "./api.ts";
import { progressBar } from "./bar.ts";
import { type EmojiSample, loadEmojiSamples, renderEmoji } from "./emoji.ts";

const NAME = "emoji";
const DESCRIPTION = "Fluent Emoji (flat) by Microsoft, MIT";
const BATCH = 48;

/**
 * @returns how many pictures were indexed now and how long it took.
 * @throws Error if the model that they are to be indexed with is not served.
 */
export async function indexSamples(api: Api): Promise<{ indexed: number; total: number; ms: number }> {
  const samples = await loadEmojiSamples();
  const model = (await api.models()).data.find((m) => m.default && m.tasks.includes("search"));
  if (!model) throw new Error("the backend has refused the model; its reason is in the lines above");
  if (await isComplete(api, samples.length, model)) return { indexed: 0, total: samples.length, ms: 0 };
  await api.deleteCollection(NAME);
  await api.createCollection(NAME, DESCRIPTION);

  const bar = progressBar("  indexing emoji  {bar} {value}/{total} pictures, {rate}/s", 2000);
  const from = performance.now();
  bar.start(samples.length, 0, { rate: "–" });
  try {
    let next = renderBatch(samples.slice(0, BATCH));
    for (let at = 0; at < samples.length; at += BATCH) {
      const items = await next;
      // The next pictures are drawn while these are being indexed.
      next = renderBatch(samples.slice(at + BATCH, at + 2 * BATCH));
      const { failed, results } = await api.putItems(NAME, items);
      if (failed > 0)
        throw new Error(`a sample picture was refused: ${JSON.stringify(results.find((r) => r.status === "failed"))}`);
      const done = Math.min(samples.length, at + BATCH);
      bar.update(done, { rate: Math.round(done / ((performance.now() - from) / 1000)) });
    }
  } finally {
    bar.stop();
  }
  return { indexed: samples.length, total: samples.length, ms: performance.now() - from };
}

/** A collection to which somebody has added items is left as it is. */
async function isComplete(
  api: Api,
  total: number,
  model: { readonly id: string; readonly revision: string },
): Promise<boolean> {
  const collection = await api.collection(NAME);
  if (!collection || collection.items.total < total) return false;
  return collection.model === model.id && collection.revision === model.revision;
}

async function renderBatch(samples: readonly EmojiSample[]) {
  return Promise.all(
    samples.map(async (sample) => ({
      id: sample.id,
      image: Buffer.from(await renderEmoji(sample)).toString("base64"),
      metadata: sample.metadata,
    })),
  );
}
