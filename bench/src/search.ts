/**
 * Retrieval: whether the right neighbours are found, how fast, with and without a filter, and what that costs; by store and
 * from end to end. `SEARCH_VECTORS` (100 000) says how many; a tenth and three times as many are looked at too.
 */
import type { SearchQuery } from "@sightline/shared/store/port";
import type { BenchOptions } from "./bench.ts";
import { percentile } from "./http-load.ts";
import { median } from "./load.ts";
import type { Finding } from "./report.ts";
import { type BareIndex, openBareIndex } from "./search-bare.ts";
import { ClusteredData, FILTER, nearest, SCOPE, spaceOf, type Truth } from "./search-data.ts";
import { benchEndToEnd } from "./search-end-to-end.ts";
import { type MeasuredStore, openMeasuredStore } from "./search-store.ts";

const DIMS = 512;
const TOP_K = 10;
const QUERIES = 50;
const CALLERS = 4;
/** Searches before a median is taken, and those that it is taken of. */
const WARM_UP = 3;
const SAMPLES = 21;
/** As the edge sends them. */
const BATCH = 256;
const MB = 2 ** 20;

export async function benchSearch(options: BenchOptions): Promise<readonly Finding[]> {
  const count = Number(process.env.SEARCH_VECTORS ?? 100_000);
  if (!(Number.isInteger(count) && count >= 1000)) throw new Error("SEARCH_VECTORS is a whole number from 1000 on");
  return [...(await benchStore(count, options)), ...(await benchEndToEnd(count, options))];
}

interface Load {
  readonly perSecond: number;
  /** Milliseconds, ascending. */
  readonly latencies: readonly number[];
}

async function benchStore(count: number, { seconds, say }: BenchOptions): Promise<Finding[]> {
  const data = new ClusteredData(DIMS);
  const space = spaceOf(DIMS);
  const queries = Array.from({ length: QUERIES }, (_, n) => data.query(n));
  await using measured = await openMeasuredStore(space);
  await using bare = await openBareIndex(DIMS);
  const { name, store } = measured;
  const ask =
    (query: Partial<SearchQuery> = {}) =>
    (n: number) =>
      store.search(space, SCOPE, { vector: queries[n % QUERIES] as Float32Array, topK: TOP_K, ...query });
  const bareAsk = (n: number) => bare.search(queries[n % QUERIES] as Float32Array, TOP_K);
  const medianMs = async () => {
    // The first ones after many writes read what the others find in memory.
    const times: number[] = [];
    for (let n = 0; n < WARM_UP + SAMPLES; n++) {
      const from = performance.now();
      await ask()(n);
      if (n >= WARM_UP) times.push(performance.now() - from);
    }
    return median(times);
  };

  const [few, many] = [Math.round(count / 10), 3 * count];
  say(`${name}: writing ${few}, ${count} and at last ${many} vectors…`);
  await ingest(measured, data, 0, few);
  const medians = [{ vectors: few, ms: await medianMs() }];
  const before = await footprint(measured);
  const ours = await ingest(measured, data, few, count);
  const after = await footprint(measured);
  const theirs = ingestBare(bare, data, count);
  medians.push({ vectors: count, ms: await medianMs() });

  say("the exact answers…");
  const truth = nearest(data, count, queries, TOP_K);
  const recall = await recallOf(
    truth.map(({ all }) => all),
    ask(),
  );
  const filteredRecall = await recallOf(
    truth.map(({ filtered }) => filtered),
    ask({ filter: FILTER }),
  );
  say("searching…");
  const ceiling = await load(CALLERS, seconds / 2, bareAsk);
  const plain = await load(CALLERS, seconds / 2, ask());
  const filtered = await load(CALLERS, seconds / 2, ask({ filter: FILTER }));

  await ingest(measured, data, count, many);
  medians.push({ vectors: many, ms: await medianMs() });

  const perMillion = 1e6 / (count - few);
  const [first, last] = [medians[0], medians.at(-1)] as [Median, Median];
  const where = `${name} store, ${count} × ${DIMS} clustered, top ${TOP_K}`;
  return [
    {
      what: "recall@10",
      unit: "share",
      value: recall,
      against: { kind: "ceiling", what: "exact search", value: 1 },
      ratio: recall,
      goal: 0.95,
      notes: [
        `${where}, ${QUERIES} queries; with a filter that one in ten passes ${filteredRecall.toFixed(3)}`,
        `the tenth nearest is nearer than the hundredth by ${mean(truth.map(({ all }) => all.margin)).toFixed(4)} in cosine: see search-data.ts`,
      ],
    },
    {
      what: "store search",
      unit: "requests/s",
      value: plain.perSecond,
      against: { kind: "ceiling", what: "bare zvec, no scope, no metadata", value: ceiling.perSecond },
      ratio: plain.perSecond / ceiling.perSecond,
      notes: [`${where}, ${CALLERS} callers; p99 ${p99(plain)} ms, bare zvec ${p99(ceiling)} ms`],
    },
    {
      what: "store search, filtered",
      unit: "requests/s",
      value: filtered.perSecond,
      against: { kind: "self", what: "without the filter", value: plain.perSecond },
      ratio: filtered.perSecond / plain.perSecond,
      notes: [`a condition on metadata that one in ten passes; p99 ${p99(filtered)} ms`],
    },
    {
      what: "ingest into the store",
      unit: "vectors/s",
      value: ours,
      against: { kind: "ceiling", what: "bare zvec, vectors alone", value: theirs },
      ratio: ours / theirs,
      notes: [`vectors with metadata, ${BATCH} a call, one call after the other, durable when acknowledged`],
    },
    ...(after.diskMb === undefined || before.diskMb === undefined
      ? []
      : [
          {
            what: "disk per million vectors",
            unit: "MB" as const,
            value: (after.diskMb - before.diskMb) * perMillion,
            against: { kind: "ceiling" as const, what: "their float32 alone", value: (4e6 * DIMS) / MB },
            ratio: ((after.diskMb - before.diskMb) * perMillion) / ((4e6 * DIMS) / MB),
            notes: [
              `resident memory of the process that holds the store: ${((after.residentMb - before.residentMb) * perMillion).toFixed(0)} MB per million, pages of the index's files among them`,
            ],
          },
        ]),
    {
      what: `search among ${many}`,
      unit: "ms",
      value: last.ms,
      against: { kind: "self", what: `among ${few}, times ${many / few}`, value: (first.ms * many) / few },
      ratio: (last.ms * few) / (first.ms * many),
      notes: [
        `median of one caller: ${medians.map(({ vectors, ms }) => `${vectors}: ${ms.toFixed(1)} ms`).join(", ")}; a ratio of 1 is growth in proportion, as of a scan`,
      ],
    },
  ];
}

interface Median {
  readonly vectors: number;
  readonly ms: number;
}

/** @returns vectors a second, the making of the vectors left out. */
async function ingest({ store }: MeasuredStore, data: ClusteredData, from: number, to: number): Promise<number> {
  const space = spaceOf(data.dims);
  let ms = 0;
  for (let at = from; at < to; at += BATCH) {
    const points = data.points(at, Math.min(to, at + BATCH));
    const started = performance.now();
    await store.upsert(space, SCOPE, points);
    ms += performance.now() - started;
  }
  return (1000 * (to - from)) / ms;
}

function ingestBare(bare: BareIndex, data: ClusteredData, count: number): number {
  let ms = 0;
  for (let at = 0; at < count; at += BATCH) {
    const vectors = data.points(at, Math.min(count, at + BATCH)).map(({ vector }) => vector);
    const started = performance.now();
    bare.add(vectors);
    ms += performance.now() - started;
  }
  return (1000 * count) / ms;
}

async function load(callers: number, seconds: number, work: (n: number) => Promise<unknown>): Promise<Load> {
  const latencies: number[] = [];
  let next = 0;
  const started = performance.now();
  const until = started + 1000 * seconds;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const from = performance.now();
      await work(next++);
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const taken = (performance.now() - started) / 1000;
  return { perSecond: latencies.length / taken, latencies: latencies.sort((a, b) => a - b) };
}

async function recallOf(
  truth: readonly Truth[],
  ask: (n: number) => Promise<readonly { readonly id: string }[]>,
): Promise<number> {
  const shares: number[] = [];
  for (const [n, { ids }] of truth.entries()) {
    const found = new Set((await ask(n)).map(({ id }) => id));
    shares.push(ids.filter((id) => found.has(id)).length / ids.length);
  }
  return mean(shares);
}

async function footprint(measured: MeasuredStore) {
  const bytes = await measured.bytes();
  return { diskMb: bytes === undefined ? undefined : bytes / MB, residentMb: process.memoryUsage.rss() / MB };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const p99 = ({ latencies }: Load): string => percentile(latencies, 0.99).toFixed(0);
