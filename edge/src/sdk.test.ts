/** The SDK against the app, inside workerd: that it runs there, and that what it says of the API is so. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { dot } from "@sightline/shared/vectors";
import { beforeAll, describe, expect, it } from "vitest";
import {
  AuthenticationError,
  InvalidRequestError,
  type Item,
  type ItemInput,
  NotFoundError,
  PermissionDeniedError,
  Sightline,
} from "../../sdk/src/index.ts";
import { createApp } from "./app.ts";
import { env } from "./testing/client.ts";
import { png } from "./testing/images.ts";

const { app } = createApp();

/** Requests that a client makes, in their order. */
const requests: string[] = [];

const client = (apiKey: string): Sightline =>
  new Sightline({
    apiKey,
    baseUrl: "https://api.test",
    fetch: async (url, init) => {
      const context = createExecutionContext();
      const request = new Request(url as URL, init as RequestInit);
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      const response = await app.fetch(request, env, context);
      await waitOnExecutionContext(context);
      return response;
    },
  });
const sightline = client(env.TEST_KEYS.full);

describe("the SDK", () => {
  it("embeds texts, bytes, blobs and data URIs, each in its place", async () => {
    const red = await png(250, 10, 10);
    const data = `data:image/png;base64,${btoa(String.fromCharCode(...red))}`;
    const inputs = ["a red apple", red, { text: "a red apple" }, new Blob([red]), { image: data }, red.buffer];
    const { model, vectors, truncated, usage } = await sightline.embed(inputs);
    expect(model).toBe("emoji-dual");
    const [text, ...others] = vectors as [Float32Array, ...Float32Array[]];
    expect(dot(text, text)).toBeCloseTo(1, 5);
    expect(others[1]).toEqual(text);
    for (const i of [2, 3, 4]) expect(others[i]).toEqual(others[0]);
    expect(truncated).toEqual([]);
    expect(usage).toMatchObject({ images: 4 });
  });

  it("splits what is too long for one call, and again what is too long for the plan", async () => {
    requests.length = 0;
    const texts = Array.from({ length: 300 }, (_, i) => `thing ${i % 200} of the SDK's`);
    const { vectors } = await client(env.TEST_KEYS.frugal).embed(texts);
    expect(vectors).toHaveLength(300);
    expect(vectors[250]).toEqual(vectors[50]);
    expect(vectors[51]).not.toEqual(vectors[50]);
    // 256 and 44; the plan's 128 a call make two of the first.
    expect(requests).toHaveLength(4);
  });

  it("names the place of a bad input in the whole list", async () => {
    const texts = Array.from({ length: 300 }, (_, i) => (i === 280 ? "" : `thing ${i}`));
    const error = await sightline.embed(texts).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({ code: "empty_input", param: "input[280].text" });
    expect((error as Error).message).toContain("input[280]");
  });

  it("classifies and ranks", async () => {
    const { data } = await sightline.classify({ input: ["a juicy apple", "a fast car"], labels: ["fruit", "vehicle"] });
    expect(data.map(({ labels }) => labels[0]?.label)).toEqual(["fruit", "vehicle"]);
    const { results } = await sightline.rank({
      query: "an apple",
      candidates: ["a train", "a red apple"],
      top_k: 1,
    });
    expect(results.map(({ index }) => index)).toEqual([1]);
  });

  it("judges pictures and sentences, one or several, each alone", async () => {
    const [red, green] = [await png(255, 0, 0), await png(0, 255, 0)];
    const model = "tiny-ofa";
    expect(await sightline.entail({ model, image: red, hypothesis: "it is red" })).toMatchObject({
      model,
      label: "yes",
    });
    const pairs = [
      { image: new Blob([green]), hypothesis: "it is red", caption: "a green square" },
      { image: new Uint8Array([1]), hypothesis: "it is red" },
    ];
    const { succeeded, results } = await sightline.entailEach({ model, pairs });
    expect([succeeded, results.map(({ status }) => status)]).toEqual([1, ["ok", "failed"]]);
  });

  it("classifies and judges any number, with the places of the whole list", async () => {
    requests.length = 0;
    const input = Array.from({ length: 300 }, (_, i) => (i % 2 ? "a juicy apple" : "a fast car"));
    const { data } = await sightline.classify({ input, labels: ["fruit", "vehicle"] });
    expect(data.map(({ index }) => index)).toEqual([...input.keys()]);
    expect(data[299]?.labels[0]?.label).toBe("fruit");
    await expect(sightline.classify({ input: [...input, ""], labels: ["a", "b"] })).rejects.toMatchObject({
      param: "input[300].text",
    });
    expect(requests).toHaveLength(4);

    requests.length = 0;
    const image = await png(255, 0, 0);
    const pairs = Array.from({ length: 70 }, (_, i) => ({ image, hypothesis: i === 68 ? "" : "it is red" }));
    const { succeeded, failed, results, usage } = await sightline.entailEach({ model: "tiny-ofa", pairs });
    expect([succeeded, failed, usage.images, requests.length]).toEqual([69, 1, 69, 2]);
    expect(results.map(({ index }) => index)).toEqual([...pairs.keys()]);
    expect(results[68]).toMatchObject({ status: "failed", error: { param: "pairs[68].hypothesis" } });
    expect(results[69]).toMatchObject({ status: "ok", label: "yes" });
  });

  it("lists models and usage", async () => {
    expect((await sightline.models()).find((model) => model.default)?.id).toBe("emoji-dual");
    expect(await sightline.usage({ month: "2026-01" })).toMatchObject({ tenant: "acme", month: "2026-01" });
  });

  it("raises an error of its own kind for each refusal", async () => {
    await expect(client("sl_wrong").models()).rejects.toBeInstanceOf(AuthenticationError);
    await expect(client(env.TEST_KEYS.searchOnly).embed(["a"])).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(sightline.collection("no-such-thing").get()).rejects.toBeInstanceOf(NotFoundError);
    const { requestId, code } = await sightline
      .collection("no-such-thing")
      .get()
      .catch((e) => e);
    expect([code, requestId]).toEqual(["collection_not_found", expect.stringMatching(/^req_/)]);
  });
});

describe("a collection", () => {
  const shop = sightline.collection("sdk-shop");
  const vector = new Float32Array(512).fill(1);
  beforeAll(async () => {
    const { model } = await shop.put({ description: "of the SDK's test" });
    const dims = (await sightline.models()).find(({ id }) => id === model)?.dims ?? 0;
    const { succeeded, failed, results } = await shop.upsert([
      { id: "apple/red", text: "a red apple", metadata: { price: 3 } },
      { id: "car", text: "a racing car", metadata: { price: 9 } },
      { id: "square", image: await png(250, 10, 10) },
      { id: "given", embedding: vector.subarray(0, dims), modality: "text" },
      { id: "", text: "nameless" },
      { id: "broken", image: new Uint8Array([1, 2, 3]) },
    ]);
    expect({ succeeded, failed }).toEqual({ succeeded: 4, failed: 2 });
    expect(results.map(({ status }) => status)).toEqual(["stored", "stored", "stored", "stored", "failed", "failed"]);
    expect(results[5]).toMatchObject({ id: "broken", error: { code: "image_format_unsupported" } });
  });

  it("stores what is good among items that JSON can say and no schema takes", async () => {
    const lines = [
      '{"id":"bare","embedding":null}',
      '{"id":"hidden","text":"a","metadata":{"__proto__":1}}',
      `{"id":"deep","text":"a","metadata":${'{"a":'.repeat(40)}1${"}".repeat(40)}}`,
      '{"id":"good","text":"a red apple"}',
    ];
    const many = sightline.collection("sdk-lines");
    await many.put();
    const { results } = await many.upsert(lines.map((line) => JSON.parse(line) as ItemInput));
    expect(results.map((result) => (result.status === "failed" ? result.error.param : result.status))).toEqual([
      "items[0].embedding",
      "items[1].metadata",
      "items[2].metadata",
      "stored",
    ]);
    await many.delete();
  });

  it("is found by words, by its own items and by vectors, with filters and without", async () => {
    const first = async (...query: Parameters<typeof shop.search>) => (await shop.search(...query)).results[0]?.id;
    expect(await first("fruit", { filter: { field: "price", lt: 5 } })).toBe("apple/red");
    expect(await first({ embedding: (await shop.item("car")).embedding ?? [] })).toBe("car");
    expect(await first(await png(250, 10, 10), { modality: "image" })).toBe("square");
    const { results } = await shop.search({ id: "car" }, { top_k: 2, include: [] });
    expect(results).toHaveLength(2);
    expect(results[0]).not.toHaveProperty("metadata");
    expect(await first(["an apple", "a fruit"], { negative: ["a car"] })).toBe("apple/red");
  });

  it("gives its items page by page, one by one, and their pictures", async () => {
    requests.length = 0;
    const items: Item[] = [];
    for await (const item of shop.items({ pageSize: 2 })) items.push(item);
    expect(items.map(({ id }) => id).sort()).toEqual(["apple/red", "car", "given", "square"]);
    expect(requests.length).toBeGreaterThanOrEqual(2);
    expect(await shop.item("apple/red")).toMatchObject({ modality: "text", metadata: { price: 3 } });
    const picture = await shop.itemImage("square");
    expect(new TextDecoder().decode(picture.subarray(8, 12))).toBe("WEBP");
  });

  it("loses what is deleted", async () => {
    expect(await shop.deleteItems({ filter: { field: "price", gte: 9 } })).toEqual({ deleted: 1 });
    expect(await shop.deleteItem("apple/red")).toEqual({ deleted: 1 });
    expect((await shop.get()).items.total).toBe(2);
    expect(await shop.delete()).toEqual({ deleted: 2 });
    expect((await sightline.collections()).map(({ name }) => name)).not.toContain("sdk-shop");
  });

  it("takes more items than one call may carry, with a plan that allows less", async () => {
    const poor = client(env.TEST_KEYS.frugal).collection("sdk-many");
    await poor.put();
    const items = Array.from({ length: 300 }, (_, i) => ({ id: `item-${i}`, text: `thing ${i % 200} of the SDK's` }));
    const seen: (string | null)[] = [];
    for await (const { id, status } of poor.upsertEach(items)) if (status === "stored") seen.push(id);
    expect(seen).toEqual(items.map(({ id }) => id));
    requests.length = 0;
    expect(await poor.deleteItems({ ids: [...seen.filter((id) => id !== null), "nope"] })).toEqual({ deleted: 300 });
    expect(requests).toHaveLength(2);
    await poor.delete();
  });
});
