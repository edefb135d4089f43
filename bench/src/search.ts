/**
 * Retrieval: whether the right neighbours are found, how fast, with and without a filter, and what that costs; by store and
 * from end to end. `SEARCH_VECTORS` (100 000) says how many; everything in the store is measured at a tenth and at three times as many too.
 */
import type { Point, SearchQuery } from "@sightline/shared/store/port";
import type { BenchOptions } from "./bench.ts";
import { percentile } from "./http-load.ts";
import { median } from "./load.ts";
import type { Finding } from "./report.ts";
import { type BareIndex, openBareIndex } from "./search-bare.ts";
import { ClusteredData, ExactAnswers, FILTER, SCOPE, spaceOf, type Truth } from "./search-data.ts";
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
/** Less is no waiting for an index. */
const POLLED_MS = 100;

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

/** What is measured once a store holds so many vectors. */
interface Measured {
  readonly vectors: number;
  /** Written since the size before, a second. */
  readonly ingest: number;
  readonly bareIngest: number;
  /** Of what was written since then; undefined where the store is another process. */
  readonly mbPerMillion: { readonly disk: number; readonly resident: number } | undefined;
  /** From the last write until the index was built. */
  readonly settledMs: number;
  /** Of one caller. */
  readonly medianMs: number;
  readonly recall: number;
  readonly filteredRecall: number;
  /** How much nearer the tenth is than the hundredth, as cosines. */
  readonly margin: number;
  readonly plain: Load;
  readonly filtered: Load;
  readonly bare: Load;
}

async function benchStore(count: number, { seconds, say }: BenchOptions): Promise<Finding[]> {
  const data = new ClusteredData(DIMS);
  const space = spaceOf(DIMS);
  const queries = Array.from({ length: QUERIES }, (_, n) => data.query(n));
  const exact = new ExactAnswers(queries, TOP_K);
  await using store = await openMeasuredStore(space);
  await using bare = await openBareIndex(DIMS);
  const ask =
    (query: Partial<SearchQuery> = {}) =>
    (n: number) =>
      store.store.search(space, SCOPE, { vector: queries[n % QUERIES] as Float32Array, topK: TOP_K, ...query });
  const bareAsk = (n: number) => bare.search(queries[n % QUERIES] as Float32Array, TOP_K);

  const measureAt = async (from: number, vectors: number, seconds: number): Promise<Measured> => {
    say(`${store.name}: ${vectors} vectors: writing…`);
    const before = await footprint(store);
    const ingested = await ingest(store, data, from, vectors);
    const written = performance.now();
    await store.settled();
    const settledMs = performance.now() - written;
    const after = await footprint(store);
    const medianMs = await medianOf(ask());
    say(`${store.name}: ${vectors} vectors: the exact answers, and searching…`);
    const bareIngested = ingestBare(bare, data, from, vectors, (points) => exact.add(points));
    const truth = exact.answers();
    const perMillion = 1e6 / (vectors - from);
    return {
      vectors,
      ingest: ingested,
      bareIngest: bareIngested,
      mbPerMillion:
        before && after
          ? { disk: (after.disk - before.disk) * perMillion, resident: (after.resident - before.resident) * perMillion }
          : undefined,
      settledMs,
      medianMs,
      recall: await recallOf(
        truth.map(({ all }) => all),
        ask(),
      ),
      filteredRecall: await recallOf(
        truth.map(({ filtered }) => filtered),
        ask({ filter: FILTER }),
      ),
      margin: mean(truth.map(({ all }) => all.margin)),
      bare: await load(CALLERS, seconds, bareAsk),
      plain: await load(CALLERS, seconds, ask()),
      filtered: await load(CALLERS, seconds, ask({ filter: FILTER })),
    };
  };

  const few = await measureAt(0, Math.round(count / 10), seconds / 4);
  const some = await measureAt(few.vectors, count, seconds / 2);
  const many = await measureAt(count, 3 * count, seconds / 4);
  return findingsOf(store.name, [few, some, many]);
}

type Sizes = readonly [few: Measured, some: Measured, many: Measured];

/** Each is named for the middle size; its notes have all three. */
function findingsOf(name: string, sizes: Sizes): Finding[] {
  const [few, some, many] = sizes;
  const where = `${name} store, ${some.vectors} × ${DIMS} clustered, top ${TOP_K}`;
  const at = (show: (measured: Measured) => string) =>
    sizes.map((measured) => `${measured.vectors}: ${show(measured)}`).join("; ");
  const settled = sizes.some(({ settledMs }) => settledMs > POLLED_MS)
    ? [
        `the index was built so long after the last write: ${at(({ settledMs }) => `${(settledMs / 1000).toFixed(0)} s`)}`,
      ]
    : [];
  const float32Mb = (4e6 * DIMS) / MB;
  const { mbPerMillion } = some;
  return [
    {
      what: "recall@10",
      unit: "share",
      value: some.recall,
      against: { kind: "ceiling", what: "exact search", value: 1 },
      ratio: some.recall,
      goal: 0.95,
      notes: [
        `${where}, ${QUERIES} queries`,
        `${at(({ recall, filteredRecall }) => `${recall.toFixed(3)}, with a filter that one in ten passes ${filteredRecall.toFixed(3)}`)}`,
        `the tenth nearest is nearer than the hundredth by ${some.margin.toFixed(4)} in cosine: see search-data.ts`,
      ],
    },
    {
      what: "store search",
      unit: "requests/s",
      value: some.plain.perSecond,
      against: { kind: "ceiling", what: "bare zvec, no scope, no metadata", value: some.bare.perSecond },
      ratio: some.plain.perSecond / some.bare.perSecond,
      notes: [`${where}, ${CALLERS} callers`, at(({ plain, bare }) => `${speed(plain)}, bare zvec ${speed(bare)}`)],
    },
    {
      what: "store search, filtered",
      unit: "requests/s",
      value: some.filtered.perSecond,
      against: { kind: "self", what: "without the filter", value: some.plain.perSecond },
      ratio: some.filtered.perSecond / some.plain.perSecond,
      notes: ["a condition on metadata that one in ten passes", at(({ filtered }) => speed(filtered))],
    },
    {
      what: "ingest into the store",
      unit: "vectors/s",
      value: some.ingest,
      against: { kind: "ceiling", what: "bare zvec, vectors alone", value: some.bareIngest },
      ratio: some.ingest / some.bareIngest,
      notes: [
        `vectors with metadata, ${BATCH} a call, one call after the other, durable when acknowledged`,
        `up to ${at((measured) => `${measured.ingest.toFixed(0)}/s, bare zvec ${measured.bareIngest.toFixed(0)}/s`)}`,
        ...settled,
        ...(mbPerMillion ? [] : [`disk and memory are not measured: they are another process's, ${name}'s own`]),
      ],
    },
    ...(mbPerMillion
      ? [
          {
            what: "disk per million vectors",
            unit: "MB" as const,
            value: mbPerMillion.disk,
            against: { kind: "ceiling" as const, what: "their float32 alone", value: float32Mb },
            ratio: mbPerMillion.disk / float32Mb,
            notes: [
              `of those added up to ${at((measured) => `${measured.mbPerMillion?.disk.toFixed(0)} MB and ${measured.mbPerMillion?.resident.toFixed(0)} MB resident`)}`,
              "resident: memory of the process that holds the store, pages of the index's files among them",
            ],
          },
        ]
      : []),
    {
      what: `search among ${many.vectors}`,
      unit: "ms",
      value: many.medianMs,
      against: {
        kind: "self",
        what: `among ${few.vectors}, times ${many.vectors / few.vectors}`,
        value: (few.medianMs * many.vectors) / few.vectors,
      },
      ratio: (many.medianMs * few.vectors) / (few.medianMs * many.vectors),
      notes: [
        `median of one caller: ${at(({ medianMs }) => `${medianMs.toFixed(1)} ms`)}; a ratio of 1 is growth in proportion, as of a scan`,
      ],
    },
  ];
}

/** Milliseconds of one caller's search. */
async function medianOf(ask: (n: number) => Promise<unknown>): Promise<number> {
  // The first ones after many writes read what the others find in memory.
  const times: number[] = [];
  for (let n = 0; n < WARM_UP + SAMPLES; n++) {
    const from = performance.now();
    await ask(n);
    if (n >= WARM_UP) times.push(performance.now() - from);
  }
  return median(times);
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

/** @param onPoints sees them, too: making them takes longer than all else. @returns vectors a second. */
function ingestBare(
  bare: BareIndex,
  data: ClusteredData,
  from: number,
  to: number,
  onPoints: (points: readonly Point[]) => void,
): number {
  let ms = 0;
  for (let at = from; at < to; at += BATCH) {
    const points = data.points(at, Math.min(to, at + BATCH));
    const started = performance.now();
    bare.add(points.map(({ vector }) => vector));
    ms += performance.now() - started;
    onPoints(points);
  }
  return (1000 * (to - from)) / ms;
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

/** In MB, of the store and of the process that holds it: this one. */
async function footprint(
  measured: MeasuredStore,
): Promise<{ readonly disk: number; readonly resident: number } | undefined> {
  const bytes = await measured.bytes();
  return bytes === undefined ? undefined : { disk: bytes / MB, resident: process.memoryUsage.rss() / MB };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const speed = ({ perSecond, latencies }: Load): string =>
  `${perSecond.toFixed(0)}/s, p99 ${percentile(latencies, 0.99).toFixed(0)} ms`;
