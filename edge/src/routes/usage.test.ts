import { bytesToBase64 } from "@sightline/shared/vectors";
import { beforeAll, describe, expect, it } from "vitest";
import { call, env, expectError, get, post } from "../testing/client.ts";
import { png } from "../testing/images.ts";
import { awaitDayThatLasts } from "../testing/midnight.ts";

const operator = { authorization: `Bearer ${env.ADMIN_TOKEN}` };
const tenant = `u-${crypto.randomUUID().slice(0, 8)}`;
let key: { authorization: string };
let today: string;

beforeAll(async () => {
  await awaitDayThatLasts();
  today = new Date().toISOString().slice(0, 10);
  const options = { key: null, headers: operator };
  await call("POST", "/admin/v1/tenants", { ...options, json: { id: tenant, plan: "free" } });
  const made = await call("POST", `/admin/v1/tenants/${tenant}/keys`, { ...options, json: {} });
  key = { authorization: `Bearer ${made.body.key}` };
});

const mine = (headers = key) => ({ key: null, headers });

describe("GET /v1/usage", () => {
  it("counts what succeeded by day and kind, and neither errors nor itself", async () => {
    expect((await get("/v1/usage", mine())).body).toMatchObject({
      tenant,
      plan: "free",
      month: today.slice(0, 7),
      compute_units: 0,
      days: [],
    });
    expect((await post("/v1/embeddings", { input: ["a", "b"] }, mine())).status).toBe(200);
    const image = `data:image/png;base64,${bytesToBase64(await png(9, 9, 9))}`;
    expect((await post("/v1/rank", { query: { image }, candidates: ["a", "b", "c"] }, mine())).status).toBe(200);
    expect((await post("/v1/embeddings", { input: [{ image: "AAAA" }] }, mine())).status).toBe(400);
    expect((await get("/v1/collections", mine())).status).toBe(200);

    const { body } = await get("/v1/usage", mine());
    const units = 2 + (4 + 3) + 1;
    expect(body.compute_units).toBe(units);
    expect(body.quota).toMatchObject({ compute_units: 100_000, remaining: 100_000 - units });
    expect(Date.parse(body.quota.resets_at)).toBeGreaterThan(Date.now());
    expect(body.days).toEqual([
      {
        date: today,
        requests: 3,
        compute_units: units,
        work: { text: 5, image: 1, pair: 0, search: 0, write: 0, read: 1 },
      },
    ]);
  });

  it("is the same to the operator", async () => {
    const theirs = await get(`/admin/v1/tenants/${tenant}/usage`, { key: null, headers: operator });
    expect(theirs.body).toEqual((await get("/v1/usage", mine())).body);
    expectError(
      await get("/admin/v1/tenants/nobody-here/usage", { key: null, headers: operator }),
      404,
      "tenant_not_found",
    );
  });

  it("shows other months, and refuses what is none", async () => {
    expect((await get("/v1/usage?month=2020-02", mine())).body).toMatchObject({ month: "2020-02", days: [] });
    expectError(await get("/v1/usage?month=2020-13", mine()), 400, "invalid_request", "month");
    expectError(await get("/v1/usage?day=1", mine()), 400, "unknown_field", "day");
  });
});

describe("a list of pairs", () => {
  it("is metered by those that were judged", async () => {
    const pairsSoFar = async () => (await get("/v1/usage", mine())).body.days[0].work.pair;
    const before = await pairsSoFar();
    const whole = await png(200, 0, 0);
    const pair = (picture: Uint8Array) => ({ image: bytesToBase64(picture), hypothesis: "it is red" });
    const cutOff = whole.subarray(0, whole.length / 2);
    const { body } = await post("/v1/entailment", { pairs: [pair(whole), pair(cutOff), pair(cutOff)] }, mine());
    expect([body.succeeded, body.failed]).toEqual([1, 2]);
    expect(await pairsSoFar()).toBe(before + 1);
  });
});

describe("a call that comes to nothing", () => {
  const items = { items: [{ id: "a" }] };
  const reads = async () => (await get("/v1/usage", mine())).body.days[0].work.read;

  it("because all its items are wrong is metered as a read", async () => {
    const path = `/v1/collections/c-${crypto.randomUUID().slice(0, 8)}`;
    await call("PUT", path, { ...mine(), json: {} });
    const before = await reads();
    const { status, body, headers } = await call("PUT", `${path}/items`, { ...mine(), json: items });
    expect([status, body.succeeded, headers.has("ratelimit")]).toEqual([200, 0, true]);
    expect(await reads()).toBe(before + 1);
  });

  it("because it was made before is metered as a read, too", async () => {
    const path = `/v1/collections/c-${crypto.randomUUID().slice(0, 8)}`;
    const headers = { ...key, "idempotency-key": crypto.randomUUID() };
    const make = () => call("PUT", path, { ...mine(headers), json: {} });
    await make();
    const before = await reads();
    const again = await make();
    expect([again.headers.get("idempotency-replayed"), again.headers.has("ratelimit")]).toEqual(["true", true]);
    expect(await reads()).toBe(before + 1);
  });

  it.each([
    ["PUT", "/items", items],
    ["POST", "/search", { query: "a" }],
    ["POST", "/items/delete", { ids: ["a"] }],
    ["DELETE", "/items/a", undefined],
    ["DELETE", "", undefined],
  ])("because there is no such collection takes from the limits: %s %s", async (method, below, json) => {
    const answer = await call(method, `/v1/collections/none${below}`, { ...mine(), ...(json && { json }) });
    expectError(answer, 404, "collection_not_found");
    expect(answer.headers.has("ratelimit")).toBe(true);
  });
});
