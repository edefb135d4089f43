/** With the tiny OFA of the tests' world: it says yes to red, no to green and maybe to blue. */
import { LIMITS } from "@sightline/shared/limits";
import { bytesToBase64 } from "@sightline/shared/vectors";
import { beforeAll, describe, expect, it } from "vitest";
import { type CallOptions, call, env, expectError, get, post } from "../testing/client.ts";
import { png } from "../testing/images.ts";

const PATH = "/v1/entailment";
const MODEL = "tiny-ofa";
let red: string;
let green: string;
let blue: string;
let cutOff: string;

beforeAll(async () => {
  const files = await Promise.all([png(255, 0, 0), png(0, 255, 0), png(0, 0, 255)]);
  [red, green, blue] = files.map(bytesToBase64) as [string, string, string];
  cutOff = bytesToBase64((await png(1, 2, 3)).slice(0, 60));
});

const ask = (json: object, options: CallOptions = {}) => post(PATH, { model: MODEL, ...json }, options);
const judge = (image: string, hypothesis: string, options: CallOptions = {}) => ask({ image, hypothesis }, options);
const fresh = () => `it is ${crypto.randomUUID()}`;
const dataUri = (image: string) => `data:image/png;base64,${image}`;

describe("POST /v1/entailment", () => {
  it("answers with the likeliest of three answers and how likely each is", async () => {
    const { status, body } = await judge(red, "it is red");
    expect(status).toBe(200);
    expect(body).toMatchObject({ model: MODEL, label: "yes" });
    const { yes, no, maybe } = body.scores;
    expect(yes + no + maybe).toBeCloseTo(1, 5);
    expect(body.confidence).toBe(yes);
    expect(body.usage).toEqual({
      prompt_tokens: ' does the image describe " it is red "?'.length + 2,
      total_tokens: body.usage.prompt_tokens,
      images: 1,
    });
    expect((await judge(green, "it is red")).body.label).toBe("no");
    expect((await judge(dataUri(blue), "it is red")).body.label).toBe("maybe");
  });

  it("takes a caption into account, in any language", async () => {
    const bare = await ask({ image: blue, hypothesis: "天空是蓝色的" });
    const told = await ask({ image: blue, hypothesis: "天空是蓝色的", caption: "晴天" });
    expect([bare.status, told.status]).toEqual([200, 200]);
    expect(told.body.usage.prompt_tokens).toBeGreaterThan(bare.body.usage.prompt_tokens);
    expect(told.body.scores).not.toEqual(bare.body.scores);
  });

  it("takes a list of pairs, and answers in its order", async () => {
    const hypothesis = fresh();
    const pairs = [blue, red, green, red].map((image) => ({ image, hypothesis }));
    const { status, body } = await ask({ pairs });
    expect(status).toBe(200);
    expect(body).toMatchObject({ model: MODEL, succeeded: 4, failed: 0, usage: { images: 4 } });
    expect(body.results.map((r: { index: number; label: string }) => [r.index, r.label])).toEqual([
      [0, "maybe"],
      [1, "yes"],
      [2, "no"],
      [3, "yes"],
    ]);
    expect(body.results[3].scores).toEqual(body.results[1].scores);
  });

  it("takes one pair as multipart", async () => {
    const form = new FormData();
    form.set("image", new Blob([await png(255, 0, 0)], { type: "image/png" }));
    form.set("model", MODEL);
    form.set("hypothesis", "it is red");
    form.set("caption", "a colour");
    const multipart = await call("POST", PATH, { body: form });
    const json = await ask({ image: red, hypothesis: "it is red", caption: "a colour" });
    expect(multipart.status).toBe(200);
    expect(multipart.body).toEqual(json.body);
  });

  it("flags a text that has more words than the model reads", async () => {
    expect((await judge(red, "a ".repeat(90))).body.truncated).toBe(true);
    expect((await judge(red, "a ".repeat(80))).body).not.toHaveProperty("truncated");
  });

  it("takes the first model of the family where none is named, which GET /v1/models tells", async () => {
    const { body: list } = await get("/v1/models");
    const [preferred] = list.data.filter(
      (m: { tasks: string[]; default: boolean }) => m.default && m.tasks.includes("entailment"),
    );
    expect(preferred).toMatchObject({ family: "ofa", dims: null });
    const { status, body } = await post(PATH, { image: red, hypothesis: "it is red" });
    expect([status, body.model]).toEqual([200, preferred.id]);
    const embedder = list.data.find((m: { tasks: string[] }) => m.tasks.includes("embeddings"));
    expect(embedder).toMatchObject({ family: "clip", default: true });
  });

  it("costs 16 compute units a pair, and says so in the tenant's usage", async () => {
    const left = (answer: { headers: Headers }) =>
      Number(/"quota";r=(\d+)/.exec(answer.headers.get("ratelimit") ?? "")?.[1]);
    const hypothesis = fresh();
    const one = await judge(red, hypothesis, { key: "frugal" });
    const two = await ask({ pairs: [red, blue].map((image) => ({ image, hypothesis })) }, { key: "frugal" });
    expect(left(one) - left(two)).toBe(32);
  });
});

describe("an answer that is known", () => {
  it("is given again byte for byte, by another isolate too, and a list asks for what is missing", async () => {
    const hypothesis = fresh();
    const pair = (image: string) => ({ image, hypothesis });
    const first = await ask(pair(red));
    expect(first.headers.get("sightline-cache")).toBe("miss");
    expect(first.headers.get("server-timing")).toMatch(
      /auth;dur=.*decode;dur=.*queue;dur=.*inference;dur=.*total;dur=/,
    );
    const again = await ask(pair(red));
    expect(again.headers.get("sightline-cache")).toBe("hit");
    expect(again.headers.get("server-timing")).not.toContain("inference");
    expect(again.body).toEqual(first.body);
    const partial = await ask({ pairs: [pair(red), pair(green)] }, { env: { ...env } });
    expect(partial.headers.get("sightline-cache")).toBe("partial");
    expect(partial.body.results[0].scores).toEqual(first.body.scores);
  });

  it("is one of this very picture, hypothesis and caption, and of this tenant", async () => {
    const hypothesis = fresh();
    await judge(red, hypothesis);
    for (const [other, options] of [
      [{ image: blue, hypothesis }, {}],
      [{ image: red, hypothesis: `${hypothesis} ` }, {}],
      [{ image: red, hypothesis, caption: "a" }, {}],
      [{ image: red, hypothesis }, { key: "other" }],
    ] as const)
      expect((await ask(other, options)).headers.get("sightline-cache")).toBe("miss");
  });

  it("is computed once for requests that ask for it at the same time", async () => {
    const shared = { ...env };
    const hypothesis = fresh();
    const answers = await Promise.all(Array.from({ length: 6 }, () => judge(red, hypothesis, { env: shared })));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(answers.filter(({ headers }) => headers.get("server-timing")?.includes("inference;"))).toHaveLength(1);
  });

  it("may be that the picture is broken", async () => {
    const shared = { ...env };
    const hypothesis = fresh();
    expectError(await judge(cutOff, hypothesis, { env: shared }), 400, "image_invalid", "image");
    const again = await judge(cutOff, hypothesis, { env: shared });
    expectError(again, 400, "image_invalid", "image");
    expect(again.headers.get("sightline-cache")).toBe("hit");
  });
});

describe("a bad pair", () => {
  it("in a list fails alone, with the field at fault", async () => {
    const good = { image: red, hypothesis: "it is red" };
    const { status, body } = await ask({
      pairs: [
        good,
        { ...good, hypothesis: "" },
        { ...good, hypothesis: "é".repeat(4097) },
        { hypothesis: "no picture" },
        { ...good, image: cutOff },
        { ...good, image: [red, blue] },
        { ...good, images: [blue] },
        { ...good, image: btoa("hello world") },
        { ...good, image: "http://127.0.0.1/a.png" },
        { ...good, hypothesis: "!?" },
        { ...good, caption: "漢".repeat(200) },
        "a text",
        { ...good, caption: 5 },
        good,
      ],
    });
    expect(status).toBe(200);
    expect([body.succeeded, body.failed]).toEqual([2, 12]);
    expect(
      body.results.map((r: { error?: { code: string; param: string } }) => [r.error?.code, r.error?.param]),
    ).toEqual([
      [undefined, undefined],
      ["empty_input", "pairs[1].hypothesis"],
      ["text_too_long", "pairs[2].hypothesis"],
      ["invalid_request", "pairs[3].image"],
      ["image_invalid", "pairs[4].image"],
      ["invalid_request", "pairs[5].image"],
      ["unknown_field", "pairs[6].images"],
      ["image_format_unsupported", "pairs[7].image"],
      ["image_url_refused", "pairs[8].image"],
      ["empty_input", "pairs[9].hypothesis"],
      ["text_too_long", "pairs[10].caption"],
      ["invalid_request", "pairs[11]"],
      ["invalid_request", "pairs[12].caption"],
      [undefined, undefined],
    ]);
  });

  it.each<[string, (good: object) => object, number, string, string]>([
    ["an empty hypothesis", (good) => ({ ...good, hypothesis: " " }), 400, "empty_input", "hypothesis"],
    ["a hypothesis without words", (good) => ({ ...good, hypothesis: "?" }), 400, "empty_input", "hypothesis"],
    ["one over 8 kB", (good) => ({ ...good, hypothesis: "a".repeat(8193) }), 400, "text_too_long", "hypothesis"],
    [
      "one of more tokens than the model reads",
      (good) => ({ ...good, hypothesis: "狗".repeat(99) }),
      400,
      "text_too_long",
      "hypothesis",
    ],
    ["no hypothesis", () => ({ image: red }), 400, "invalid_request", "hypothesis"],
    ["no picture", () => ({ hypothesis: "a" }), 400, "invalid_request", "image"],
    ["several pictures", (good) => ({ ...good, image: [red, blue] }), 400, "invalid_request", "image"],
    ["a picture cut off", (good) => ({ ...good, image: cutOff }), 400, "image_invalid", "image"],
    [
      "no picture of a known kind",
      (good) => ({ ...good, image: btoa("GIF") }),
      400,
      "image_format_unsupported",
      "image",
    ],
    ["a private address", (good) => ({ ...good, image: "http://10.0.0.1/a.png" }), 400, "image_url_refused", "image"],
    ["an unknown field", (good) => ({ ...good, premise: "a" }), 400, "unknown_field", "premise"],
    ["a pair beside a list", (good) => ({ ...good, pairs: [good] }), 400, "unknown_field", "image"],
    ["an empty list", () => ({ pairs: [] }), 400, "empty_input", "pairs"],
    ["a list that is none", () => ({ pairs: "a" }), 400, "invalid_request", "pairs"],
    ["65 pairs", (good) => ({ pairs: Array(LIMITS.pairsPerCall + 1).fill(good) }), 400, "too_many_inputs", "pairs"],
    ["a model that does not exist", (good) => ({ ...good, model: "no-such-model" }), 404, "model_not_found", "model"],
    ["a model that embeds", (good) => ({ ...good, model: "emoji-dual" }), 400, "model_family_mismatch", "model"],
  ])("is refused for %s", async (_, spoil, status, code, param) => {
    expectError(await ask(spoil({ image: red, hypothesis: "it is red" })), status, code, param);
  });

  it("is refused for a body that is no object, or of another type", async () => {
    expectError(await post(PATH, [1]), 400, "invalid_request");
    const image = await png(1, 2, 3);
    expectError(
      await call("POST", PATH, { body: image, headers: { "content-type": "image/png" } }),
      415,
      "unsupported_content_type",
    );
  });
});

it.each([
  ["/v1/embeddings", { input: "a" }],
  ["/v1/classify", { input: "a", labels: ["b"] }],
  ["/v1/rank", { query: "a", candidates: ["b"] }],
])("%s does not take a model that judges pairs", async (path, request) => {
  expectError(await post(path, { model: MODEL, ...request }), 400, "model_family_mismatch", "model");
});

it("a collection is not made with a model that judges pairs", async () => {
  const answer = await call("PUT", `/v1/collections/c-${crypto.randomUUID()}`, { json: { model: MODEL } });
  expectError(answer, 400, "model_family_mismatch", "model");
});

it("needs the scope", async () => {
  expectError(await judge(red, "a", { key: "searchOnly" }), 403, "insufficient_scope");
});

it("counts different pictures against the plan, and not what is asked of one", async () => {
  const pairs = Array.from({ length: 20 }, (_, i) => ({ image: red, hypothesis: `it is ${i}` }));
  expect((await ask({ pairs }, { key: "frugal" })).status).not.toBe(400);
  const colours = await Promise.all(Array.from({ length: 17 }, async (_, i) => bytesToBase64(await png(i, 0, 0))));
  const many = colours.map((image) => ({ image, hypothesis: "it is dark" }));
  expectError(await ask({ pairs: many }, { key: "frugal" }), 400, "too_many_inputs", "pairs");
});

it("fails as a whole while the backend is away", async () => {
  const away = { ...env, BACKEND_URL: "http://127.0.0.1:9" };
  const pairs = [{ image: red, hypothesis: fresh() }];
  const answer = await ask({ pairs }, { env: away });
  expectError(answer, 503, "backend_unavailable");
  expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
});
