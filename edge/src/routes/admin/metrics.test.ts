import { redisKeys } from "@sightline/shared/tenants";
import { describe, expect, it } from "vitest";
import { createRedis } from "../../redis.ts";
import { env, expectError, get, post, type TestEnv } from "../../testing/client.ts";

const PATH = "/admin/v1/metrics";
const asOperator = { key: null, headers: { authorization: `Bearer ${env.ADMIN_TOKEN}` } };

async function scrape(): Promise<string> {
  const { status, headers, body } = await get(PATH, asOperator);
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return new TextDecoder().decode(body);
}

/** @returns 0 for a series that is not there. */
async function sampleOf(series: string): Promise<number> {
  const line = (await scrape()).split("\n").find((text) => text.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

describe("the operator's metrics", () => {
  it("count requests by route and status, inputs by where they came from, and calls of each origin", async () => {
    const origins = [{ id: `only-${crypto.randomUUID().slice(0, 8)}`, url: env.BACKEND_URL }];
    const { BACKEND_URL: _, ...rest } = env;
    const from = { ...rest, BACKEND_ORIGINS: JSON.stringify(origins) } as unknown as TestEnv;
    const requests = 'sightline_edge_requests_total{route="/v1/embeddings",status="200"}';
    const inferred = 'sightline_edge_cache_inputs_total{tier="miss"}';
    const [before, missed] = [await sampleOf(requests), await sampleOf(inferred)];
    await post("/v1/embeddings", { input: [crypto.randomUUID(), crypto.randomUUID()] }, { env: from });
    expect(await sampleOf(requests)).toBeGreaterThan(before);
    expect(await sampleOf(inferred)).toBeGreaterThanOrEqual(missed + 2);
    const [{ id } = { id: "" }] = origins;
    // The list of models and the embedding.
    expect(await sampleOf(`sightline_edge_backend_calls_total{origin="${id}",outcome="ok"}`)).toBe(2);
    expect(await sampleOf('sightline_edge_request_duration_seconds_count{route="/v1/embeddings"}')).toBeGreaterThan(0);
  });

  it("are for the operator alone, and 503 while Redis is away, as the reference says", async () => {
    expectError(await get(PATH, { key: null }), 401, "invalid_admin_token");
    expectError(await get(PATH), 401, "invalid_admin_token");
    const away = { ...env, REDIS_URL: "http://127.0.0.1:1" };
    expectError(await get(PATH, { ...asOperator, env: away }), 503, "store_unavailable");
    const { body } = await get("/openapi.json", { key: null });
    expect(JSON.stringify(body.paths[PATH].get.responses[503])).toContain("store_unavailable");
  });

  it("name no caller and nothing that one sent", async () => {
    await get(`/v1/collections/hush-hush/items/hush`);
    await get(`/hush-hush`);
    const redis = createRedis({ REDIS_URL: String(env.REDIS_URL), REDIS_TOKEN: String(env.REDIS_TOKEN) });
    const series = Object.keys(await redis.hgetall(redisKeys.counts)).join("\n");
    expect(series).toContain("/v1/collections/:name/items/:id");
    expect(series).not.toMatch(/hush|acme/);
  });
});
