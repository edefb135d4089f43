/** Search, reranked by the tiny OFA of the tests' world, which says yes to red, no to green and maybe to blue. */
import { bytesToBase64 } from "@sightline/shared/vectors";
import { beforeAll, describe, expect, it } from "vitest";
import { type CallOptions, expectError, get, post, put } from "../testing/client.ts";
import { png } from "../testing/images.ts";

const PATH = `/v1/collections/verify-${crypto.randomUUID().slice(0, 8)}`;
const RERANK = { type: "entailment", model: "tiny-ofa" };
const search = (body: object, options: CallOptions = {}) =>
  post(`${PATH}/search`, { query: "a red picture", rerank: RERANK, ...body }, options);
const COLOURS = { red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255], dark: [60, 0, 0] } as const;

interface Result {
  readonly id: string;
  readonly entailment?: { readonly label: string; readonly scores: { readonly yes: number } };
}

beforeAll(async () => {
  await put(PATH, {});
  const pictures = await Promise.all(
    Object.entries(COLOURS).map(async ([id, [r, g, b]]) => ({ id, image: bytesToBase64(await png(r, g, b)) })),
  );
  const texts = ["a red picture", "a red picture of a dog"].map((text, i) => ({ id: `text-${i}`, text }));
  expect((await put(`${PATH}/items`, { items: [...pictures, ...texts] })).body).toMatchObject({ failed: 0 });
  await put(PATH, { pictures: false });
  const bare = { id: "not-kept", image: bytesToBase64(await png(250, 0, 0)) };
  expect((await put(`${PATH}/items`, { items: [bare] })).body).toMatchObject({ failed: 0 });
});

describe("a search that is reranked by entailment", () => {
  it("puts what shows it first, with its verdict, and what has no picture behind", async () => {
    const { status, body } = await search({});
    expect(status).toBe(200);
    const results: readonly Result[] = body.results;
    const judged = results.slice(0, 4);
    expect(judged.map(({ id }) => id).slice(0, 1)).toEqual(["red"]);
    expect(judged.map(({ id }) => id).toSorted()).toEqual(["blue", "dark", "green", "red"]);
    const labels = Object.fromEntries(judged.map(({ id, entailment }) => [id, entailment?.label]));
    expect(labels).toMatchObject({ red: "yes", green: "no", blue: "maybe" });
    const likely = judged.map(({ entailment }) => entailment!.scores.yes);
    expect(likely).toEqual(likely.toSorted((a, b) => b - a));
    const behind = results.slice(4);
    expect(behind.map(({ id }) => id).toSorted()).toEqual(["not-kept", "text-0", "text-1"]);
    expect(behind.every(({ entailment }) => entailment === undefined)).toBe(true);
    const plain: readonly Result[] = (await search({ rerank: undefined })).body.results;
    const order = plain.map(({ id }) => id).filter((id) => behind.some((one) => one.id === id));
    expect(behind.map(({ id }) => id)).toEqual(order);
  });

  it("finds what shows it below the first ones that are asked for", async () => {
    const green = bytesToBase64(await png(0, 255, 0));
    const query = { query: { image: green }, modality: "image", top_k: 1 };
    expect((await search({ ...query, rerank: undefined })).body.results[0].id).toBe("green");
    const { results } = (await search({ ...query, rerank: { ...RERANK, hypothesis: "it is red" } })).body;
    expect(results).toMatchObject([{ id: "red", entailment: { label: "yes" } }]);
  });

  it("answers again from the cache", async () => {
    const found = await search({ modality: "image", top_k: 2 });
    expect(found.body.results).toHaveLength(2);
    const again = await search({ modality: "image", top_k: 2 });
    expect(again.headers.get("sightline-cache")).toBe("hit");
    expect(again.body).toEqual(found.body);
  });

  it("asks for what it is told where the query is no text", async () => {
    const image = bytesToBase64(await png(0, 255, 0));
    const rerank = { ...RERANK, hypothesis: "it is red" };
    const { status, body } = await search({ query: { image }, rerank });
    expect([status, body.results[0].id]).toEqual([200, "red"]);
  });

  it("meters the pictures that were judged, more than are answered, and no others", async () => {
    const today = async () => {
      const { days } = (await get("/v1/usage", { key: "neighbour" })).body;
      return days.reduce((sum: number, day: { work: { pair: number } }) => sum + day.work.pair, 0);
    };
    const path = `/v1/collections/verify-${crypto.randomUUID().slice(0, 8)}`;
    await put(path, {}, { key: "neighbour" });
    const image = bytesToBase64(await png(255, 0, 0));
    await put(
      `${path}/items`,
      {
        items: [
          { id: "a", image },
          { id: "b", text: "b" },
          { id: "c", image: bytesToBase64(await png(0, 0, 255)) },
        ],
      },
      { key: "neighbour" },
    );
    const before = await today();
    const body = { query: "red", rerank: RERANK, top_k: 1 };
    expect((await post(`${path}/search`, body, { key: "neighbour" })).body.results).toHaveLength(1);
    await expect.poll(today).toBe(before + 2);
  });

  it.each<[string, object, number, string, string | null]>([
    ["no text to go by", { query: { id: "red" } }, 400, "invalid_request", "rerank.hypothesis"],
    ["several queries", { query: ["a", "b"] }, 400, "invalid_request", "rerank.hypothesis"],
    ["a query without words", { query: "!?" }, 400, "empty_input", "query"],
    ["an empty hypothesis", { rerank: { ...RERANK, hypothesis: "" } }, 400, "empty_input", "rerank.hypothesis"],
    [
      "one that is too long",
      { rerank: { ...RERANK, hypothesis: "狗".repeat(99) } },
      400,
      "text_too_long",
      "rerank.hypothesis",
    ],
    [
      "a model that embeds",
      { rerank: { ...RERANK, model: "emoji-dual" } },
      400,
      "model_family_mismatch",
      "rerank.model",
    ],
    ["a model that is not there", { rerank: { ...RERANK, model: "nobody" } }, 404, "model_not_found", "rerank.model"],
    ["another field", { rerank: { ...RERANK, depth: 5 } }, 400, "unknown_field", "rerank.depth"],
  ])("is refused for %s", async (_, change, status, code, param) => {
    expectError(await search(change), status, code, param);
  });

  it("needs the scope of entailment as well", async () => {
    expectError(await search({}, { key: "searchOnly" }), 403, "insufficient_scope");
  });
});
