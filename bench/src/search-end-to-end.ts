/** A search by words through the public API, beside what it cannot do without: the text tower and the index, alone. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { BenchOptions } from "./bench.ts";
import { HttpLoad, percentile, type Shot } from "./http-load.ts";
import { temporaryFolder } from "./leftovers.ts";
import { ROOT } from "./paths.ts";
import type { Finding } from "./report.ts";
import { openBareIndex, openBareTextTower } from "./search-bare.ts";
import { ClusteredData } from "./search-data.ts";
import { openStack, type RunningStack } from "./stack.ts";
import { vitModel } from "./vit.ts";

const SEARCHES = 200;
const WARM_UP = 20;
const TOP_K = 10;
/** Items a call, and calls at a time. */
const BATCH = 256;
const WRITERS = 4;
/** End to end at most 1.3 times what it cannot do without. */
const GOAL = 1.3;

/** The part of a manifest that says how the text tower is run. */
const TowerFile = z.object({ path: z.string() });
const Manifest = z.object({
  id: z.string(),
  dims: z.number(),
  text: z.object({
    input: z.string(),
    files: z.object({ int8: TowerFile.optional(), fp32: TowerFile.optional() }),
  }),
});

const Written = z.object({ failed: z.literal(0) });

interface Searched {
  readonly folder: string;
  /** Ids of `thing number 123`. */
  readonly tokens: number;
  /** As the finding names it. */
  readonly name: string;
  readonly atMost?: number;
}

/** @param count items in each collection that is searched. */
export async function benchEndToEnd(count: number, options: BenchOptions): Promise<Finding[]> {
  const { say } = options;
  const vit = await vitModel(options);
  const searched: readonly Searched[] = [
    // The shape that the goal was set for; its tokenizer makes a token of every letter.
    { name: "ViT-B/32's shape", folder: vit.folder, tokens: 17, atMost: GOAL },
    { name: "emoji-dual", folder: join(ROOT, "models/emoji-dual"), tokens: 8 },
  ];
  using folder = await temporaryFolder();
  say("starting the stack…");
  await using stack = await openStack(folder.path, { MODELS_DIR: [join(ROOT, "models"), vit.modelsDir].join(",") });
  const findings: Finding[] = [];
  for (const model of searched) findings.push(await searchWith(model, stack, count, options));
  return findings;
}

async function searchWith(
  { folder, tokens, name, atMost }: Searched,
  stack: RunningStack,
  count: number,
  { cores, say }: BenchOptions,
): Promise<Finding> {
  const manifest = Manifest.parse(JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")));
  const { input, files } = manifest.text;
  const file = files.int8 ?? files.fp32;
  if (!file) throw new Error(`${folder}: no text tower in int8 or fp32`);
  const data = new ClusteredData(manifest.dims);
  const collection = `/v1/collections/clustered-${manifest.dims}`;
  await using tower = await openBareTextTower(join(folder, file.path), input, cores);
  await using bare = await openBareIndex(manifest.dims);

  say(`${name}: writing ${count} items through the public API…`);
  const writtenPerSecond = await write(stack, collection, manifest.id, data, count);
  for (let at = 0; at < count; at += BATCH)
    bare.add(data.points(at, Math.min(count, at + BATCH)).map(({ vector }) => vector));

  say(`${name}: searching…`);
  using http = new HttpLoad(stack.url, 1);
  const [ours, theirs]: [number[], number[]] = [[], []];
  // In turn, so that what else the machine does meets both.
  for (let n = -WARM_UP; n < SEARCHES; n++) {
    const { status, ms } = await http.send(search(stack, collection, `thing number ${n + WARM_UP}`));
    if (status !== 200) throw new Error(`a search was answered with ${status}`);
    const from = performance.now();
    await tower.encode(tokens);
    await bare.search(data.query(n + WARM_UP), TOP_K);
    if (n < 0) continue;
    ours.push(ms);
    theirs.push(performance.now() - from);
  }
  for (const side of [ours, theirs]) side.sort((a, b) => a - b);
  const [value, against] = [percentile(ours, 0.95), percentile(theirs, 0.95)];
  const [ourHalf, theirHalf] = [percentile(ours, 0.5), percentile(theirs, 0.5)];
  return {
    what: `text search end to end, p95, ${name}`,
    unit: "ms",
    value,
    against: { kind: "ceiling", what: "bare text tower + bare zvec query", value: against },
    ratio: value / against,
    ...(atMost !== undefined && { atMost }),
    notes: [
      `${SEARCHES} searches by words never seen before in ${count} × ${manifest.dims} clustered vectors, one at a time, public API of the local stack; in turn with the ceiling`,
      `medians ${ourHalf.toFixed(1)} and ${theirHalf.toFixed(1)} ms, ratio ${(ourHalf / theirHalf).toFixed(2)}; written before at ${writtenPerSecond.toFixed(0)} vectors/s as JSON, ${WRITERS} calls at a time`,
    ],
  };
}

const search = ({ apiKey }: RunningStack, collection: string, query: string): Shot => ({
  method: "POST",
  path: `${collection}/search`,
  headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
  body: JSON.stringify({ query, top_k: TOP_K }),
});

/** @returns vectors a second. */
async function write(
  { url, apiKey }: RunningStack,
  collection: string,
  model: string,
  data: ClusteredData,
  count: number,
): Promise<number> {
  const put = async (path: string, body: object, triesLeft = 5): Promise<unknown> => {
    const response = await fetch(url + path, {
      method: "PUT",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    // A machine that is busy with something else is told so, as any client is.
    if (response.status === 503 && triesLeft > 0) {
      await sleep(1000 * Number(response.headers.get("retry-after") ?? 1));
      return put(path, body, triesLeft - 1);
    }
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return response.json();
  };
  await put(collection, { model });
  const from = performance.now();
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < count) {
      const at = next;
      next += BATCH;
      const items = data
        .points(at, Math.min(count, at + BATCH))
        .map(({ id, metadata, vector }) => ({ id, metadata, embedding: Array.from(vector) }));
      Written.parse(await put(`${collection}/items`, { items }));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return (1000 * count) / (performance.now() - from);
}
