/** Fills the collection `emoji` with pictures, unless an earlier start has done so with the model that is served now. */
import { LIMITS } from "@sightline/shared/limits";
import { type Collection, type ItemInput, type Model, NotFoundError, type Sightline } from "../../sdk/src/index.ts";
import { progressBar } from "./bar.ts";
import { type EmojiSample, renderEmoji } from "./emoji.ts";

const NAME = "emoji";
const DESCRIPTION = "Fluent Emoji (flat) by Microsoft, MIT";
/** Drawn at a time, while those before are being indexed. */
const BATCH = 48;

type Outcome =
  | { readonly kind: "indexed"; readonly pictures: number; readonly ms: number }
  | { readonly kind: "kept"; readonly pictures: number }
  /** Of another model, with items that somebody has added. */
  | { readonly kind: "left"; readonly own: number; readonly madeBy: string; readonly served: Model };

/**
 * Deletes nothing but samples: a collection of another model in which somebody has items of his own is left as it is.
 *
 * @throws Error if the model that they are to be indexed with is not served.
 */
export async function indexSamples(sightline: Sightline, samples: readonly EmojiSample[]): Promise<Outcome> {
  const model = (await sightline.models()).find((m) => m.default && m.tasks.includes("search"));
  if (!model) throw new Error("the backend has refused the model; its reason is in the lines above");
  const emoji = sightline.collection(NAME);
  const found = await emoji.get().catch(unlessMissing);
  if (found && found.model === model.id && found.revision === model.revision) {
    if (found.items.total >= samples.length) return { kind: "kept", pictures: samples.length };
  } else if (found) {
    const own = await countOwn(emoji, samples);
    if (own > 0) return { kind: "left", own, madeBy: `${found.model} ${found.revision}`, served: model };
    await emoji.delete().catch(unlessMissing);
  }
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
  return { kind: "indexed", pictures: samples.length, ms: performance.now() - from };
}

/** How many items are no samples. */
async function countOwn(collection: Collection, samples: readonly EmojiSample[]): Promise<number> {
  const ours = new Set(samples.map(({ id }) => id));
  let own = 0;
  for await (const { id } of collection.items({ pageSize: LIMITS.pageSize })) if (!ours.has(id)) own++;
  return own;
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

/** For the line that says that the stack is up. */
export function sayOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "indexed":
      return `${outcome.pictures} pictures indexed at ${Math.round(outcome.pictures / (outcome.ms / 1000))}/s`;
    case "kept":
      return `${outcome.pictures} pictures kept`;
    case "left": {
      const { own, madeBy, served } = outcome;
      const migrate = `npm run ops -- migrate demo/${NAME} --model ${served.id} --revision ${served.revision}`;
      return (
        `the collection ${NAME} left as it is: it was made by ${madeBy}, and ${own} of its items are no samples.\n` +
        `  \`${migrate}\` moves it to what is served now`
      );
    }
  }
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
