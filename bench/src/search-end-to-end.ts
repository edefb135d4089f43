/** A search by words through the public API, beside what it cannot do without: the text tower and the index, alone. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { BenchOptions } from "./bench.ts";
import { HttpLoad, percentile, type Shot } from "./http-load.ts";
import { ROOT } from "./paths.ts";
import type { Finding } from "./report.ts";
import { openBareIndex, openBareTextTower } from "./search-bare.ts";
import { ClusteredData } from "./search-data.ts";
import { openStack, type RunningStack } from "./stack.ts";

const MODEL = join(ROOT, "models/emoji-dual");
const SEARCHES = 200;
const WARM_UP = 20;
const TOP_K = 10;
/** Items a call, and calls at a time. */
const BATCH = 256;
const WRITERS = 4;
/** Ids of `thing number 123`. */
const TOKENS = 8;
/** End to end at most 1.3 times what it cannot do without. */
const GOAL = 1.3;

/** The part of a manifest that says how the text tower is run. */
const Manifest = z.object({
  dims: z.number(),
  text: z.object({ input: z.string(), files: z.object({ int8: z.object({ path: z.string() }) }) }),
});
const Written = z.object({ failed: z.literal(0) });

/** @param count items in the collection that is searched. */
export async function benchEndToEnd(count: number, options: BenchOptions): Promise<Finding[]> {
  const { cores, say } = options;
  const { dims, text } = Manifest.parse(JSON.parse(await readFile(join(MODEL, "manifest.json"), "utf8")));
  const data = new ClusteredData(dims);
  await using tower = await openBareTextTower(join(MODEL, text.files.int8.path), text.input, cores);
  await using bare = await openBareIndex(dims);
  const dir = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  try {
    say("starting the stack…");
    await using stack = await openStack(dir);
    say(`writing ${count} items through the public API…`);
    const writtenPerSecond = await write(stack, data, count);
    for (let at = 0; at < count; at += BATCH)
      bare.add(data.points(at, Math.min(count, at + BATCH)).map(({ vector }) => vector));

    say("searching…");
    using http = new HttpLoad(stack.url, 1);
    const [ours, theirs]: [number[], number[]] = [[], []];
    // In turn, so that what else the machine does meets both.
    for (let n = -WARM_UP; n < SEARCHES; n++) {
      const { status, ms } = await http.send(search(stack, `thing number ${n + WARM_UP}`));
      if (status !== 200) throw new Error(`a search was answered with ${status}`);
      const from = performance.now();
      await tower.encode(TOKENS);
      await bare.search(data.query(n + WARM_UP), TOP_K);
      if (n < 0) continue;
      ours.push(ms);
      theirs.push(performance.now() - from);
    }
    for (const side of [ours, theirs]) side.sort((a, b) => a - b);
    return [finding(ours, theirs, `${count} × ${dims}`, writtenPerSecond)];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function finding(ours: number[], theirs: number[], size: string, writtenPerSecond: number): Finding {
  const [value, against] = [percentile(ours, 0.95), percentile(theirs, 0.95)];
  const half = [percentile(ours, 0.5), percentile(theirs, 0.5)] as const;
  return {
    what: "text search end to end, p95",
    unit: "ms",
    value,
    against: { kind: "ceiling", what: "bare text tower + bare zvec query", value: against },
    ratio: value / against,
    atMost: GOAL,
    notes: [
      `${SEARCHES} searches by words never seen before in ${size} clustered vectors, one at a time, public API of the local stack; in turn with the ceiling`,
      `medians ${half[0].toFixed(1)} and ${half[1].toFixed(1)} ms; written before at ${writtenPerSecond.toFixed(0)} vectors/s as JSON, ${WRITERS} calls at a time`,
    ],
  };
}

const search = ({ apiKey }: RunningStack, query: string): Shot => ({
  method: "POST",
  path: "/v1/collections/clustered/search",
  headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
  body: JSON.stringify({ query, top_k: TOP_K }),
});

/** @returns vectors a second. */
async function write({ url, apiKey }: RunningStack, data: ClusteredData, count: number): Promise<number> {
  const put = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(url + path, {
      method: "PUT",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return response.json();
  };
  await put("/v1/collections/clustered", {});
  const from = performance.now();
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < count) {
      const at = next;
      next += BATCH;
      const items = data
        .points(at, Math.min(count, at + BATCH))
        .map(({ id, metadata, vector }) => ({ id, metadata, embedding: Array.from(vector) }));
      Written.parse(await put("/v1/collections/clustered/items", { items }));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return (1000 * count) / (performance.now() - from);
}
