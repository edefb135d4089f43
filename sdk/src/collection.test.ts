import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sightline } from "./client.ts";
import type { Collection } from "./collection.ts";
import { NotFoundError } from "./errors.ts";
import { type FakeApi, refusal, startFakeApi } from "./testing/api.ts";

let api: FakeApi;
let shop: Collection;
beforeAll(async () => {
  api = await startFakeApi();
  shop = new Sightline({ baseUrl: api.url, apiKey: "sl_key" }).collection("shop");
});
afterAll(() => api.close());

describe.each([
  ["an item", "item_not_found", () => shop.deleteItem("sku-1"), { deleted: 1 }],
  ["a collection", "collection_not_found", () => shop.delete(), { deleted: 0 }],
] as const)("deleting %s", (_, code, remove, answer) => {
  it("is done where a try that failed has done it", async () => {
    api.readFaults.push(refusal(503, "store_unavailable", { "retry-after": "0" }), refusal(404, code));
    expect(await remove()).toEqual(answer);
  });

  it("is an error where there was none", async () => {
    api.readFaults.push(refusal(404, code));
    await expect(remove()).rejects.toBeInstanceOf(NotFoundError);
  });
});
