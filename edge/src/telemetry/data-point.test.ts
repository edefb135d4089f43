import { afterEach, describe, expect, it, vi } from "vitest";
import { env, get, post, type TestEnv } from "../testing/client.ts";

let points: AnalyticsEngineDataPoint[] = [];
const ANALYTICS: AnalyticsEngineDataset = { writeDataPoint: (point) => void points.push(point ?? {}) };
const isolate = (): TestEnv => ({ ...env, ANALYTICS });
afterEach(() => {
  points = [];
  vi.restoreAllMocks();
});

describe("the data point of a request", () => {
  it("says what the log line says, each thing in its place", async () => {
    const from = isolate();
    const word = crypto.randomUUID();
    await post("/v1/embeddings", { input: word }, { env: from });
    const { headers } = await post("/v1/embeddings", { input: [word, crypto.randomUUID()] }, { env: from });
    expect(points).toHaveLength(2);
    const { indexes, blobs, doubles = [] } = points[1] ?? {};
    expect(indexes).toEqual(["acme"]);
    expect(blobs).toEqual([
      "/v1/embeddings",
      "POST",
      "",
      expect.stringMatching(/^emoji-dual@/),
      "default",
      "",
      "redis",
      env.TEST_KEYS.full.split("_")[2],
      headers.get("x-request-id"),
      expect.stringMatching(/^[0-9a-f]{32}$/),
    ]);
    expect(doubles).toHaveLength(20);
    expect(doubles[0]).toBe(200);
    // From memory one, from the backend one; of work two texts.
    expect(doubles.slice(9)).toEqual([1, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0]);
  });

  it("names the error, and holds nothing that a caller sent", async () => {
    await get("/v1/collections/hush-hush/items/hush-hush?hush-hush", { env: isolate() });
    await get("/hush-hush", { key: null, env: isolate() });
    expect(points.map(({ indexes, blobs }) => [indexes?.[0], blobs?.[2]])).toEqual([
      ["acme", "collection_not_found"],
      ["", "not_found"],
    ]);
    expect(JSON.stringify(points)).not.toContain("hush");
  });

  it("is written where there is a dataset and nowhere else", async () => {
    expect(env.ANALYTICS).toBeDefined();
    const { ANALYTICS: _, ...without } = env;
    expect((await get("/healthz", { env: without as TestEnv })).status).toBe(200);
  });
});
