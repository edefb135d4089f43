import { describe, expect, it } from "vitest";
import { CALL_LIMITS } from "./batches.ts";
import { Sightline } from "./client.ts";
import type { ItemInput } from "./collection-types.ts";

/** Items of each call; one whose text is «bad» is refused. */
const calls: { readonly id: string; readonly text?: string }[][] = [];
const things = new Sightline({
  apiKey: "sl_key",
  baseUrl: "https://api.test",
  fetch: async (_, init) => {
    const { items } = JSON.parse(String(init?.body)) as { items: (typeof calls)[number] };
    calls.push(items);
    const results = items.map(({ id, text }, i) => {
      const param = `items[${i}].text`;
      if (text !== "bad") return { id, status: "stored" };
      return { id, status: "failed", error: { code: "empty_input", message: `${param}: it is bad`, param } };
    });
    return Response.json({ results });
  },
}).collection("things");

describe("an item that cannot be sent", () => {
  const good = { id: "good", text: "fine" };
  const circle: Record<string, unknown> = {};
  circle.itself = circle;

  it.each<[string, unknown, string | null, RegExp]>([
    ["a file that is not there", { id: "x", file: "/nowhere.png" }, "x", /nowhere\.png cannot be read/],
    ["metadata that goes in circles", { id: "x", text: "a", metadata: circle }, "x", /circular/],
    ["a number that JSON does not have", { id: "x", text: "a", metadata: { n: 1n } }, "x", /BigInt/],
    ["nothing", null, null, /cannot be sent/],
  ])("(%s) fails alone, and the places of the others are right", async (_, odd, id, why) => {
    calls.length = 0;
    const bad = { id: "bad", text: "bad" };
    const { succeeded, results } = await things.upsert([good, odd as ItemInput, bad, good]);
    expect(calls).toEqual([[good, bad, good]]);
    expect([succeeded, results.length]).toEqual([2, 4]);
    expect(results[1]).toMatchObject({ id, status: "failed", error: { code: "invalid_request", param: "items[1]" } });
    expect(results[1]).toHaveProperty("error.message", expect.stringMatching(why));
    expect(results[2]).toMatchObject({
      id: "bad",
      error: { message: "items[2].text: it is bad", param: "items[2].text" },
    });
  });

  it("makes no call of its own, however many there are", async () => {
    calls.length = 0;
    const odd = Array.from({ length: CALL_LIMITS.texts + 10 }, () => ({ id: "x", file: "/nowhere.png" }));
    const { failed, results } = await things.upsert(odd);
    expect([calls.length, failed]).toEqual([0, odd.length]);
    expect(results.at(-1)).toMatchObject({ error: { param: `items[${odd.length - 1}]` } });
  });
});
