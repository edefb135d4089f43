import { ModelId, Revision, requestIdFrom, TenantId } from "@sightline/shared/ids";
import type { EntailRequest } from "@sightline/shared/internal/entailment";
import type { Served } from "@sightline/shared/internal/protocol";
import { vectorToBytes } from "@sightline/shared/vectors";
import { describe, expect, it } from "vitest";
import type { BackendClient } from "../backend/client.ts";
import { deadlineIn } from "../deadline.ts";
import { beginTrace } from "../tracing/trace.ts";
import { judgementOf, judging } from "./judging.ts";
import { type ParsedPair, parsePair } from "./pairs.ts";

const MODEL: Served<"ofa"> = {
  id: ModelId.parse("tiny"),
  revision: Revision.parse("1"),
  family: "ofa",
  description: "",
  license: "",
  contextLength: 8,
  imageSize: 8,
  preprocessing: "p",
};
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const pair = (last: number, hypothesis: string): Promise<ParsedPair> =>
  parsePair({ image: Uint8Array.of(...PNG, last), hypothesis }, "image");
const entry = (...scores: readonly number[]) => ({
  bytes: vectorToBytes(Float32Array.from(scores)),
  tokens: 5,
  truncated: false,
});

/** Asks a backend that gives these scores to whatever it is asked. @returns what it was asked, and the answer. */
async function ask(pairs: readonly ParsedPair[], scores: Uint8Array) {
  let asked: EntailRequest | undefined;
  const backend: BackendClient = {
    async call(_path, request, answer) {
      asked = request as EntailRequest;
      const results = asked.pairs.map(() => ({ status: "ok", scores, tokens: 5, truncated: false }));
      return answer.parse({ results, timings: { decodeMs: 0, queueMs: 0, inferenceMs: 0 } });
    },
    models: () => Promise.reject(new Error("not asked here")),
  };
  const context = {
    backend,
    lane: "interactive",
    tenant: TenantId.parse("acme"),
    requestId: requestIdFrom(undefined),
    trace: beginTrace(undefined, undefined),
    region: undefined,
    deadline: deadlineIn(1000),
  } as const;
  const { outcomes } = await judging(MODEL).ask(pairs, context);
  return { asked, outcomes };
}

describe("pairs of a few pictures", () => {
  it("send each picture once", async () => {
    const pairs = await Promise.all([pair(1, "a"), pair(2, "b"), pair(1, "c")]);
    const { asked } = await ask(pairs, entry(1, 0, 0).bytes);
    expect(asked?.images).toHaveLength(2);
    expect(asked?.pairs.map(({ image, hypothesis }) => [image, hypothesis])).toEqual([
      [0, "a"],
      [1, "b"],
      [0, "c"],
    ]);
  });
});

describe("scores that are not three numbers", () => {
  it.each([
    ["two", entry(1, 0).bytes],
    ["not a number", entry(Number.NaN, 0, 1).bytes],
  ])("are no answer: %s", async (_, scores) => {
    await expect(ask([await pair(1, "a")], scores)).rejects.toThrow();
  });
});

describe("a judgement", () => {
  it.each([
    ["yes", [0.5, 0.3, 0.2]],
    ["no", [0.3, 0.5, 0.2]],
    ["maybe", [0.3, 0.2, 0.5]],
    ["yes", [0.4, 0.4, 0.2]],
  ])("is the likeliest answer, %s of %j", (label, scores) => {
    const judgement = judgementOf(entry(...scores));
    expect(judgement.label).toBe(label);
    expect(judgement.confidence).toBe(Math.max(...Object.values(judgement.scores)));
  });
});
