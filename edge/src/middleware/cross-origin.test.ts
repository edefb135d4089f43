import { TenantId } from "@sightline/shared/ids";
import { LIMITS } from "@sightline/shared/limits";
import { redisKeys } from "@sightline/shared/tenants";
import { TEST_KEYS } from "@sightline/shared/testing/edge-world";
import { describe, expect, it } from "vitest";
import { configFrom } from "../env.ts";
import { createRedis } from "../redis.ts";
import { type Answer, call, env, expectError, get } from "../testing/client.ts";

const origin = "https://shop.example";
const allowed = ({ headers }: Answer) => headers.get("access-control-allow-origin");
const preflight = (path: string, method: string, asked: string) =>
  call("OPTIONS", path, {
    key: null,
    headers: { origin, "access-control-request-method": method, "access-control-request-headers": asked },
  });

describe("a page of another origin", () => {
  it("may send what clients of the API send", async () => {
    const asked = "authorization,content-type,idempotency-key,traceparent,x-stainless-lang";
    const answer = await preflight("/v1/collections/shop/items", "PUT", asked);
    expect([answer.status, allowed(answer)]).toEqual([204, "*"]);
    expect(answer.headers.get("access-control-allow-headers")).toBe(asked);
    expect(answer.headers.get("access-control-allow-methods")?.split(",")).toContain("PUT");
    expect(Number(answer.headers.get("access-control-max-age"))).toBeGreaterThan(3600);
    expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
  });

  it("may read the answer, and what its headers tell", async () => {
    const answer = await get("/v1/collections", { headers: { origin } });
    expect([answer.status, allowed(answer)]).toEqual([200, "*"]);
    const exposed = answer.headers.get("access-control-expose-headers")?.toLowerCase().split(",");
    for (const name of ["retry-after", "x-request-id", "ratelimit", "sightline-cache", "server-timing"])
      expect(exposed).toContain(name);
  });

  it("may read what went wrong", async () => {
    const unknown = await get("/v1/collections", { key: null, headers: { origin } });
    expectError(unknown, 401, "invalid_api_key");
    const large = await call("POST", "/v1/embeddings", {
      headers: { origin, "content-type": "application/json" },
      body: new Uint8Array(LIMITS.bodyBytes + 1),
    });
    expectError(large, 413, "body_too_large");
    const wrong = await call("PATCH", "/v1/embeddings", { headers: { origin } });
    expectError(wrong, 405, "method_not_allowed");
    const missing = await get("/v1/nothing", { headers: { origin } });
    expectError(missing, 404, "not_found");
    const bucket = redisKeys.buckets(TenantId.parse(TEST_KEYS.emptied.tenant));
    await createRedis(configFrom(env)).command("HSET", bucket, "t", Date.now(), "r", 0, "c", 0);
    const hurried = await get("/v1/collections", { key: "emptied", headers: { origin } });
    expectError(hurried, 429, "rate_limit_exceeded");
    expect([unknown, large, wrong, missing, hurried].map(allowed)).toEqual(Array(5).fill("*"));
  });

  it("has no part in the operator's API", async () => {
    const asked = await preflight("/admin/v1/tenants", "GET", "authorization");
    expectError(asked, 405, "method_not_allowed");
    const headers = { origin, authorization: `Bearer ${env.ADMIN_TOKEN}` };
    const answer = await get("/admin/v1/tenants", { key: null, headers });
    expect([answer.status, allowed(asked), allowed(answer)]).toEqual([200, null, null]);
  });
});
