/** What the edge costs: a cached embedding against the same worker answering a constant, and what its caches save. */
import type { BenchOptions } from "./bench.ts";
import { HttpLoad, percentile, type Shot } from "./http-load.ts";
import { temporaryFolder } from "./leftovers.ts";
import { compare, median } from "./load.ts";
import { familyOf } from "./processes.ts";
import { seededRandom } from "./random.ts";
import { startRedis } from "./redis.ts";
import type { Finding } from "./report.ts";
import { openStack, type RunningStack } from "./stack.ts";

const CALLERS = 16;
const SEQUENTIAL = 400;
const TENANTS = 50;
const INPUTS = 10_000;
const ZIPF_REQUESTS = 6000;
const CONSTANT: Shot = { method: "GET", path: "/healthz" };

export async function benchEdge(options: BenchOptions): Promise<readonly Finding[]> {
  using folder = await temporaryFolder();
  await using redis = await startRedis();
  options.say("starting the stack…");
  await using stack = await openStack(folder.path, redis ? { REDIS_URL: redis.url } : {});
  const where = redis ? "a real Redis behind the local REST server" : "the in-memory Redis (no redis-server here)";
  return [...(await hitRate(options, stack, where)), await latency(stack, where), await zipf(options, stack)];
}

const embed = (key: string, input: string): Shot => ({
  method: "POST",
  path: "/v1/embeddings",
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  body: JSON.stringify({ input, encoding_format: "base64" }),
});

async function hitRate(options: BenchOptions, stack: RunningStack, where: string): Promise<readonly Finding[]> {
  using load = new HttpLoad(stack.url, CALLERS);
  const shot = embed(stack.apiKey, "a red apple");
  const warm = await load.run(500, () => shot);
  const count = Math.max(500, Math.round(warm.perSecond * options.seconds));
  const isLinux = process.platform === "linux";
  const cpuMs = async (): Promise<number> =>
    isLinux ? ((await familyOf(stack.pid)).find(({ name }) => name === "worker")?.cpuMs ?? Number.NaN) : Number.NaN;
  const lap = async (shots: Shot, perCpuSecond: number[]) => {
    const before = await cpuMs();
    const { perSecond, latencies } = await load.run(count, () => shots);
    perCpuSecond.push((1000 * count) / ((await cpuMs()) - before));
    return { perSecond, p99: percentile(latencies, 0.99) };
  };
  const tails: number[] = [];
  const cpu = { constant: [] as number[], hit: [] as number[] };
  const { value, against, ratio } = await compare(
    options,
    async () => (await lap(CONSTANT, cpu.constant)).perSecond,
    async () => {
      const { perSecond, p99 } = await lap(shot, cpu.hit);
      tails.push(p99);
      return perSecond;
    },
  );
  const rate: Finding = {
    what: "cached embedding",
    unit: "requests/s",
    value,
    against: { kind: "ceiling", what: "the same worker answering a constant", value: against },
    ratio,
    goal: 0.5,
    notes: [
      `${options.rounds} rounds of ${count} requests, ${CALLERS} connections; client, worker, Redis and its REST server share the cores; ${where}`,
      `p99 of a cached embedding ${Math.max(...tails).toFixed(1)} ms in the worst round`,
    ],
  };
  if (!isLinux) return [rate];
  return [
    rate,
    {
      what: "cached embedding, by the worker's processor time",
      unit: "requests/CPU s",
      value: median(cpu.hit),
      against: { kind: "ceiling", what: "the same worker answering a constant", value: median(cpu.constant) },
      ratio: median(cpu.hit.map((hit, round) => hit / (cpu.constant[round] ?? Number.NaN))),
      notes: [
        "user and system time of the worker's workerd alone: what a busy machine and the client take is not in it",
        `${(1000 / median(cpu.hit)).toFixed(2)} ms a call against ${(1000 / median(cpu.constant)).toFixed(2)} ms`,
      ],
    },
  ];
}

/** One request at a time: what identity, limit and cache add when nothing queues. */
async function latency(stack: RunningStack, where: string): Promise<Finding> {
  using load = new HttpLoad(stack.url, 1);
  const shot = embed(stack.apiKey, "a red apple");
  await load.run(50, () => shot);
  const hit = (await load.run(SEQUENTIAL, () => shot)).latencies;
  const constant = (await load.run(SEQUENTIAL, () => CONSTANT)).latencies;
  const [ours, theirs] = [percentile(hit, 0.5), percentile(constant, 0.5)];
  return {
    what: "cached embedding, median latency",
    unit: "ms",
    value: ours,
    against: { kind: "ceiling", what: "the same worker answering a constant", value: theirs },
    ratio: ours / theirs,
    notes: [
      `identity, limits and cache add ${(ours - theirs).toFixed(2)} ms at the median and ${(percentile(hit, 0.99) - percentile(constant, 0.99)).toFixed(2)} ms at p99; ${where}`,
    ],
  };
}

/** Words as people search for them: few often, many once. */
async function zipf({ say }: BenchOptions, stack: RunningStack): Promise<Finding> {
  say(`${TENANTS} tenants, ${INPUTS} distinct inputs…`);
  const keys = await makeTenants(stack);
  using load = new HttpLoad(stack.url, CALLERS);
  const draw = zipfian(INPUTS, seededRandom(1));
  const pick = seededRandom(2);
  const seen = new Set<string>();
  let misses = 0;
  await load.run(
    ZIPF_REQUESTS,
    () => {
      const tenant = Math.floor(pick() * TENANTS);
      const input = draw();
      seen.add(`${tenant}/${input}`);
      return embed(keys[tenant] as string, `thing number ${input}`);
    },
    ({ headers }) => {
      if (headers["sightline-cache"] === "miss") misses++;
    },
  );
  const served = 1 - misses / ZIPF_REQUESTS;
  const best = 1 - seen.size / ZIPF_REQUESTS;
  return {
    what: "hit ratio under a Zipf load",
    unit: "share",
    value: served,
    against: { kind: "ceiling", what: "every repetition a hit", value: best },
    ratio: served / best,
    notes: [
      `${ZIPF_REQUESTS} requests of one text, Zipf exponent 1 over ${INPUTS} texts, ${TENANTS} tenants who share nothing: ${seen.size} distinct, ${misses} reached the backend, ${ZIPF_REQUESTS - misses} did not`,
    ],
  };
}

async function makeTenants({ url, adminToken }: RunningStack): Promise<string[]> {
  const admin = async (path: string, body: object): Promise<{ key: string }> => {
    const response = await fetch(`${url}/admin/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the operator API answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as { key: string };
  };
  const keys: string[] = [];
  for (let i = 0; i < TENANTS; i++) {
    await admin("/tenants", { id: `bench-${i}`, plan: "unlimited" });
    keys.push((await admin(`/tenants/bench-${i}/keys`, { scopes: ["embed"] })).key);
  }
  return keys;
}

/** @returns ranks 0 … n − 1, rank r with a probability proportional to 1 / (r + 1). */
function zipfian(n: number, random: () => number): () => number {
  const sums: number[] = [];
  let total = 0;
  for (let r = 0; r < n; r++) {
    total += 1 / (r + 1);
    sums.push(total);
  }
  return () => {
    const wanted = random() * total;
    let [low, high] = [0, n - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
