/**
 * A long steady load of all kinds of calls: does the worker, or any process of the stack, grow? `npm run bench -- soak
 * --seconds 600`. The worker is judged by what its isolate still uses after a collection: workerd, which has no heap limit
 * on one's own machine, collects late, and its resident memory tells how late.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchOptions } from "./bench.ts";
import { HttpLoad, percentile, type Shot } from "./http-load.ts";
import { watchWorkerd } from "./inspector.ts";
import { makeJpegs } from "./jpegs.ts";
import { temporaryFolder } from "./leftovers.ts";
import { familyOf } from "./processes.ts";
import { seededRandom } from "./random.ts";
import type { Finding } from "./report.ts";
import { openStack, type RunningStack } from "./stack.ts";

const CALLERS = 4;
const SAMPLES = 20;
/** Caches and heaps fill up first; growth is what comes after this share of the time. */
const SETTLED = 0.3;

export async function benchSoak({ seconds, say }: BenchOptions): Promise<readonly Finding[]> {
  using folder = await temporaryFolder();
  say("starting the stack…");
  const workerd = await watchWorkerd(folder.path);
  // A small cache is full when the measuring begins: it must not look like growth.
  await using stack = await openStack(folder.path, { ...workerd.environment, CACHE_MEMORY_MB: "1" });
  using load = new HttpLoad(stack.url, CALLERS);
  const shots = await mixture(stack);
  const samples: Sample[] = [];
  const latencies: number[] = [];
  const statuses = new Map<number, number>();
  const caller = async (): Promise<void> => {
    // A collection waits for the isolate's next turn: calls go on until the last one is over.
    while (samples.length < SAMPLES) {
      const { status, ms } = await load.send(shots());
      latencies.push(ms);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const from = performance.now();
  const sampler = async (): Promise<void> => {
    for (let i = 1; i <= SAMPLES; i++) {
      await sleep(Math.max(0, from + (i * seconds * 1000) / SAMPLES - performance.now()));
      const sample: Sample = {
        calls: latencies.length,
        resident: await residentMb(stack.pid),
        isolate: (await workerd.usedBytes()) / 2 ** 20,
      };
      samples.push(sample);
      say(`${Math.round((i / SAMPLES) * 100)} %: ${describe(sample)}`);
    }
  };
  await Promise.all([sampler(), ...Array.from({ length: CALLERS }, caller)]);
  latencies.sort((a, b) => a - b);
  return findings(samples, statuses, latencies, seconds);
}

interface Sample {
  readonly calls: number;
  /** MB by process, before the collection. */
  readonly resident: ReadonlyMap<string, number>;
  /** MB that the worker's isolate uses after it. */
  readonly isolate: number;
}

function findings(
  samples: readonly Sample[],
  statuses: ReadonlyMap<number, number>,
  latencies: readonly number[],
  seconds: number,
): readonly Finding[] {
  const settled = samples[Math.floor(SETTLED * samples.length)];
  const last = samples.at(-1);
  if (!settled || !last) return [];
  const grown = (what: string, of: (sample: Sample) => number, notes: readonly string[]): Finding => ({
    what,
    unit: "MB",
    value: of(last),
    against: { kind: "self", what: `after ${SETTLED * 100} % of ${seconds} s`, value: of(settled) },
    ratio: of(last) / of(settled),
    notes,
  });
  return [
    grown("the worker's isolate, after a collection", ({ isolate }) => isolate, [
      `${latencies.length} calls of all kinds, ${CALLERS} at a time; statuses ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(", ")}`,
      `p50 ${percentile(latencies, 0.5).toFixed(0)} ms, p99 ${percentile(latencies, 0.99).toFixed(0)} ms`,
      `MB by calls: ${samples.map(({ calls, isolate }) => `${calls}: ${isolate.toFixed(1)}`).join(", ")}`,
    ]),
    grown("resident memory of the stack", ({ resident }) => [...resident.values()].reduce((sum, mb) => sum + mb, 0), [
      `then: ${describe(settled)}`,
      `at the end: ${describe(last)}`,
    ]),
  ];
}

const describe = ({ resident, isolate }: Sample): string =>
  `${[...resident].map(([name, mb]) => `${name} ${mb.toFixed(0)} MB`).join(", ")}; isolate ${isolate.toFixed(1)} MB`;

/** Words old and new, pictures, searches, writes and errors. */
async function mixture({ apiKey }: RunningStack): Promise<() => Shot> {
  const random = seededRandom(3);
  const images = (await makeJpegs()).slice(0, 32).map((jpeg) => Buffer.from(jpeg).toString("base64"));
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  const post = (path: string, body: object): Shot => ({ method: "POST", path, headers, body: JSON.stringify(body) });
  const word = (range: number) => `thing ${Math.floor(random() * range)}`;
  const image = () => images[Math.floor(random() * images.length)] as string;
  const kinds: readonly (() => Shot)[] = [
    () => post("/v1/embeddings", { input: word(100) }),
    () => post("/v1/embeddings", { input: word(1e9) }),
    () => post("/v1/embeddings", { input: { image: image() } }),
    () => post("/v1/classify", { input: { image: image() }, labels: [word(50), word(50), "a cat"] }),
    () => post("/v1/collections/emoji/search", { query: word(1000), top_k: 5 }),
    () => post("/v1/collections/emoji/search", { query: { image: image() }, distinct: 0.95 }),
    () => post("/v1/collections/soak/items/delete", { ids: [word(200)] }),
    () => post("/v1/embeddings", { input: { image: "AAAA" } }),
  ];
  return () => (kinds[Math.floor(random() * kinds.length)] as () => Shot)();
}

/** By process. */
async function residentMb(root: number): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { name, residentMb } of await familyOf(root)) found.set(name, (found.get(name) ?? 0) + residentMb);
  return found;
}
