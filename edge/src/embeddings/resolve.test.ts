import type { ParsedInput } from "@sightline/shared/api/input";
import { ApiError } from "@sightline/shared/errors";
import { ModelId, Revision, requestIdFrom, TenantId } from "@sightline/shared/ids";
import type { EmbedRequest, EmbedResult, Served } from "@sightline/shared/internal/protocol";
import { vectorToBytes } from "@sightline/shared/vectors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BackendClient } from "../backend/client.ts";
import { coloTier } from "../cache/colo.ts";
import { memoryTier } from "../cache/memory.ts";
import { redisTier } from "../cache/redis.ts";
import { deadlineIn } from "../deadline.ts";
import { configFrom } from "../env.ts";
import { createRedis } from "../redis.ts";
import { env } from "../testing/client.ts";
import { beginTrace } from "../tracing/trace.ts";
import { embedding, identityOf } from "./embedding.ts";
import type { InFlight } from "./infer.ts";
import { cacheKey } from "./key.ts";
import { type ResolveContext, resolve as resolveTask } from "./resolve.ts";
import type { SourceCounts } from "./slots.ts";

const MODEL: Served<"clip"> = {
  id: ModelId.parse("tiny"),
  revision: Revision.parse("1"),
  family: "clip",
  description: "",
  license: "",
  dims: 4,
  logitScale: 1,
  defaultTemplate: "{}",
  contextLength: 8,
  imageSize: 8,
  preprocessing: "p",
};

const text = (value: string): ParsedInput => ({ kind: "text", text: value });
const image = (value: number): ParsedInput => ({ kind: "image", bytes: Uint8Array.of(value) });
const url = (value: string): ParsedInput => ({ kind: "image_url", url: `https://pictures.test/${value}` });
const nameOf = (input: ParsedInput): string =>
  input.kind === "text" ? `text ${input.text}` : input.kind === "image" ? `image ${input.bytes[0]}` : input.url;

/** Odd images cannot be decoded; what else there is has a vector made of its name. */
function resultOf(input: ParsedInput): EmbedResult {
  if (input.kind === "image" && (input.bytes[0] ?? 0) % 2 === 1) {
    return { status: "failed", error: { code: "image_invalid", message: `broken ${nameOf(input)}`, param: null } };
  }
  const sum = [...nameOf(input)].reduce((all, letter) => all * 31 + (letter.codePointAt(0) ?? 0), 7) % 1_000_003;
  const vector = Float32Array.of(sum, input.kind.length, nameOf(input).length, 1);
  return { status: "ok", embedding: vectorToBytes(vector), tokens: sum % 100, truncated: sum % 2 === 0 };
}

const outcomeOf = (input: ParsedInput) => {
  const result = resultOf(input);
  if (result.status === "failed") return `${result.error.code}: ${result.error.message}`;
  return { bytes: [...result.embedding], tokens: result.tokens, truncated: result.truncated };
};

/** An isolate whose backend counts what it is asked for. */
function world() {
  const asked: string[] = [];
  const background: Promise<unknown>[] = [];
  const clock = { now: 1_000_000 };
  const inFlight: InFlight = new Map();
  const owner = TenantId.parse(`t${crypto.randomUUID().slice(0, 12)}`);
  const redis = createRedis(configFrom(env));
  const memory = () => memoryTier(1_000_000);
  const colo = () => coloTier(`https://${crypto.randomUUID()}.test`, 3600);
  const tiers = [memory(), colo(), redisTier(redis, 3600)];
  let counts: SourceCounts | undefined;
  /** What the backend waits for before it answers, or throws; what it answers of each input. */
  const behaviour = { answer: async (): Promise<void> => undefined, resultOf };

  const backend: BackendClient = {
    async call(_path, request, answer) {
      const { inputs } = request as EmbedRequest;
      asked.push(...inputs.map(nameOf));
      const { resultOf: result } = behaviour;
      await behaviour.answer();
      return answer.parse({ results: inputs.map(result), timings: { decodeMs: 0, queueMs: 0, inferenceMs: 1 } });
    },
    models: () => Promise.reject(new Error("not asked here")),
  };
  const context = (): ResolveContext => ({
    tenant: owner,
    owner,
    requestId: requestIdFrom(undefined),
    trace: beginTrace(undefined, undefined),
    region: undefined,
    deadline: deadlineIn(10_000),
    backend,
    tiers,
    inFlight,
    refusalSeconds: 60,
    lane: "interactive",
    now: () => clock.now,
    waitUntil: (work) => void background.push(work),
    admit: async () => undefined,
    observer: {
      measure: (work) => work,
      counted: (all) => {
        counts = all;
      },
    },
  });

  async function resolve(inputs: readonly ParsedInput[], changes: Partial<ResolveContext> = {}, model = MODEL) {
    const { outcomes } = await resolveTask(embedding(model), inputs, { ...context(), ...changes });
    return outcomes.map((outcome) =>
      outcome instanceof ApiError ? `${outcome.code}: ${outcome.message}` : { ...outcome, bytes: [...outcome.bytes] },
    );
  }

  return {
    asked,
    clock,
    behaviour,
    inFlight,
    resolve,
    /** Of the request that was last done looking. */
    counted: () => Object.fromEntries(Object.entries(counts ?? {}).filter(([, count]) => count > 0)),
    settled: async () => {
      while (background.length > 0) await Promise.all(background.splice(0));
    },
    async forget(index: 0 | 1 | 2, inputs: readonly ParsedInput[]) {
      if (index === 0) tiers[0] = memory();
      else if (index === 1) tiers[1] = colo();
      else
        await redis.del(
          "none",
          ...(await Promise.all(inputs.map(identityOf))).map((i) => String(cacheKey(owner, MODEL, i))),
        );
    },
  };
}

const INPUTS = [text("a"), text("b"), text("c"), text("\u0002"), image(1), image(2), image(3), url("x"), url("y")];
const Inputs = fc.array(fc.constantFrom(...INPUTS), { minLength: 1, maxLength: 12 });
const SOURCES = ["memory", "colo", "redis"];
const tally = (names: readonly string[]) =>
  Object.fromEntries(distinct(names).map((name) => [name, names.filter((other) => other === name).length]));
const distinct = (names: readonly string[]) => [...new Set(names)].sort();

const FORGOTTEN = [[], [0], [0, 1], [1, 2], [2], [0, 1, 2]] as const;

describe("whatever the tiers know", () => {
  it("the answer is the direct one, its source is told, and each distinct input that no tier has is asked for once", async () => {
    const Step = fc.record({ inputs: Inputs, forgotten: fc.constantFrom(...FORGOTTEN) });
    await fc.assert(
      fc.asyncProperty(fc.array(Step, { minLength: 1, maxLength: 5 }), async (steps) => {
        const { asked, resolve, settled, forget, counted } = world();
        const known = [new Set<string>(), new Set<string>(), new Set<string>()] as const;
        for (const { inputs, forgotten } of steps) {
          for (const tier of forgotten) {
            await forget(tier, INPUTS);
            known[tier].clear();
          }
          const [memory, colo, redis] = known;
          asked.length = 0;
          expect(await resolve(inputs)).toEqual(inputs.map(outcomeOf));
          await settled();
          const sources = inputs.map((input) => SOURCES[known.findIndex((tier) => tier.has(nameOf(input)))] ?? "miss");
          expect(counted()).toEqual(tally(sources));
          const unknown = inputs.filter((input) => !known.some((tier) => tier.has(nameOf(input))));
          expect([...asked].sort()).toEqual(distinct(unknown.map(nameOf)));
          for (const name of inputs.filter(({ kind }) => kind !== "image_url").map(nameOf)) {
            // A nearer tier learns what a farther one had.
            if (memory.has(name)) continue;
            memory.add(name);
            if (colo.has(name)) continue;
            colo.add(name);
            redis.add(name);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("concurrent requests with overlapping inputs ask for each of them once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Inputs, { minLength: 2, maxLength: 6 }), async (requests) => {
        const { asked, resolve, behaviour } = world();
        behaviour.answer = () => new Promise((done) => setTimeout(done, 5));
        const answers = await Promise.all(requests.map((inputs) => resolve(inputs)));
        expect(answers).toEqual(requests.map((inputs) => inputs.map(outcomeOf)));
        const names = requests.flatMap((inputs) => distinct(inputs.map(nameOf)));
        const cacheable = names.filter((name) => !name.startsWith("https:"));
        const urls = names.filter((name) => name.startsWith("https:"));
        expect([...asked].sort()).toEqual([...distinct(cacheable), ...urls].sort());
      }),
      { numRuns: 25 },
    );
  });
});

describe("an answer", () => {
  const MODELS: readonly Served<"clip">[] = [
    MODEL,
    { ...MODEL, id: ModelId.parse("other") },
    { ...MODEL, revision: Revision.parse("2") },
    { ...MODEL, preprocessing: "q" },
  ];

  it("speaks for its own model, revision and pre-processing only", async () => {
    const { asked, resolve, settled, counted } = world();
    for (const model of MODELS) {
      await resolve([text("a"), image(1)], {}, model);
      expect(counted()).toEqual({ miss: 2 });
      await settled();
    }
    for (const model of MODELS) await resolve([text("a"), image(1)], {}, model);
    expect(asked).toEqual(MODELS.flatMap(() => ["text a", "image 1"]));
  });

  it("speaks for its own tenant only", async () => {
    const { asked, resolve, settled } = world();
    for (const tenant of ["mine", "yours"].map((id) => TenantId.parse(`${id}-${crypto.randomUUID().slice(0, 8)}`))) {
      await resolve([text("a")], { tenant, owner: tenant });
      await settled();
    }
    expect(asked).toEqual(["text a", "text a"]);
  });
});

describe("requests that follow another's call", () => {
  /** A leader that is with the backend until `answer` is called. */
  async function withLeader(inputs: readonly ParsedInput[], result = resultOf) {
    const isolate = world();
    isolate.behaviour.resultOf = result;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    isolate.behaviour.answer = () => promise;
    const leader = isolate.resolve(inputs);
    leader.catch(() => undefined);
    while (isolate.asked.length === 0) await new Promise((next) => setTimeout(next, 1));
    Object.assign(isolate.behaviour, { answer: async () => undefined, resultOf });
    const joined = async (count: number) => {
      while (isolate.counted().joined !== count) await new Promise((next) => setTimeout(next, 1));
    };
    return { ...isolate, leader, joined, answer: resolve, fail: reject };
  }

  it("ask for the rest alone, and say that they have joined", async () => {
    const { asked, leader, answer, resolve, counted } = await withLeader([text("a"), text("b")]);
    const follower = resolve([text("b"), text("c")]);
    while (asked.length < 3) await new Promise((next) => setTimeout(next, 1));
    answer();
    expect(await follower).toEqual([text("b"), text("c")].map(outcomeOf));
    expect(await leader).toEqual([text("a"), text("b")].map(outcomeOf));
    expect([asked, counted()]).toEqual([["text a", "text b", "text c"], { joined: 1, miss: 1 }]);
  });

  it("get the error of an input that cannot be embedded", async () => {
    const { asked, answer, joined, resolve, inFlight } = await withLeader([image(1), text("a")]);
    const follower = resolve([text("a"), image(1)]);
    await joined(2);
    answer();
    expect(await follower).toEqual([outcomeOf(text("a")), "image_invalid: broken image 1"]);
    expect(asked).toEqual(["image 1", "text a"]);
    expect(inFlight.size).toBe(0);
  });

  it("make a call of their own if the leader's fails as a whole", async () => {
    const { asked, leader, fail, joined, resolve } = await withLeader([text("a")]);
    const follower = resolve([text("a")]);
    await joined(1);
    fail(new ApiError("deadline_exceeded"));
    await expect(leader).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(await follower).toEqual([outcomeOf(text("a"))]);
    expect(asked).toEqual(["text a", "text a"]);
  });

  it("make a call of their own for an input of which the leader's was put off", async () => {
    const putOff = { code: "overloaded", message: "", param: null } as const;
    const { asked, leader, answer, joined, resolve } = await withLeader([text("a"), text("b")], (input) =>
      nameOf(input) === "text a" ? { status: "failed", error: putOff } : resultOf(input),
    );
    const follower = resolve([text("a"), text("b")]);
    await joined(2);
    answer();
    expect(await leader).toEqual([expect.stringContaining("overloaded"), outcomeOf(text("b"))]);
    expect(await follower).toEqual([text("a"), text("b")].map(outcomeOf));
    expect(asked).toEqual(["text a", "text b", "text a"]);
  });

  it("wait no longer than their own deadline allows", async () => {
    const { answer, resolve, leader } = await withLeader([text("a")]);
    const late = await resolve([text("a")], { deadline: deadlineIn(30) });
    expect(late).toEqual([expect.stringContaining("deadline_exceeded")]);
    answer();
    expect(await leader).toEqual([outcomeOf(text("a"))]);
  });
});

describe("a refused input", () => {
  it("is refused without the backend for as long as it is remembered, in every tier, and as a hit", async () => {
    const { asked, clock, resolve, settled, forget, counted } = world();
    const refused = [outcomeOf(image(1))];
    expect(await resolve([image(1)])).toEqual(refused);
    await settled();
    for (const source of ["memory", "colo", "redis"] as const) {
      expect(await resolve([image(1)])).toEqual(refused);
      expect([asked.length, counted()]).toEqual([1, { [source]: 1 }]);
      if (source === "memory") await forget(0, []);
      if (source === "colo") for (const tier of [0, 1] as const) await forget(tier, []);
    }
    clock.now += 60_000;
    expect(await resolve([image(1)])).toEqual(refused);
    expect([asked.length, counted()]).toEqual([2, { miss: 1 }]);
  });

  it("is asked for each time where refusals are not remembered", async () => {
    const { asked, resolve, settled } = world();
    for (let i = 0; i < 2; i++) {
      await resolve([image(1)], { refusalSeconds: 0 });
      await settled();
    }
    expect(asked).toHaveLength(2);
  });

  it("is asked for again where the next time may be another", async () => {
    const { asked, behaviour, resolve, settled } = world();
    behaviour.resultOf = () => ({ status: "failed", error: { code: "overloaded", message: "", param: null } });
    await resolve([text("a"), image(2)]);
    await settled();
    behaviour.resultOf = resultOf;
    expect(await resolve([text("a"), image(2)])).toEqual([text("a"), image(2)].map(outcomeOf));
    expect(asked).toHaveLength(4);
  });
});

describe("the limiter", () => {
  it("is asked once, and nothing is inferred for whom it refuses", async () => {
    const { asked, resolve } = world();
    let times = 0;
    const admit = () => {
      times++;
      return Promise.reject(new ApiError("rate_limit_exceeded"));
    };
    await expect(resolve([text("a")], { admit })).rejects.toMatchObject({ code: "rate_limit_exceeded" });
    expect([times, asked]).toEqual([1, []]);
  });
});
