import { beforeEach, describe, expect, it } from "vitest";
import { Sightline } from "../../sdk/src/index.ts";
import type { EmojiSample } from "./emoji.ts";
import { indexSamples, sayOf } from "./samples.ts";

const sample = (id: string): EmojiSample => ({
  id,
  metadata: { name: id, group: "food-drink", style: "fluent-emoji-flat" },
  svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>',
});
const SAMPLES = ["1f34e", "1f350", "1f680"].map(sample);

/** The collection behind the API's wire format: a real one would need two models and minutes. */
let stored: Set<string> | undefined;
let madeBy: { model: string; revision: string };
let served: { id: string; revision: string };

beforeEach(() => {
  stored = undefined;
  served = { id: "emoji-dual", revision: "5" };
});

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/v1/models") {
    return Response.json({ data: [{ ...served, default: true, tasks: ["search"] }] });
  }
  if (pathname.endsWith("/emoji/items") && request.method === "PUT") {
    const { items } = (await request.json()) as { items: { id: string }[] };
    for (const { id } of items) stored?.add(id);
    return Response.json({ succeeded: 0, failed: 0, results: items.map(({ id }) => ({ id, status: "stored" })) });
  }
  if (pathname.endsWith("/emoji/items")) {
    return Response.json({ data: [...(stored ?? [])].map((id) => ({ id })), next_cursor: null });
  }
  if (request.method === "PUT" && !stored) {
    stored = new Set();
    madeBy = { model: served.id, revision: served.revision };
  }
  if (!stored) {
    const error = { type: "t", code: "collection_not_found", message: "m", param: null, request_id: "req_12345678" };
    return Response.json({ error }, { status: 404 });
  }
  if (request.method === "DELETE") stored = undefined;
  return Response.json({ name: "emoji", ...madeBy, items: { total: stored?.size ?? 0 }, deleted: 0 });
}

const start = () =>
  indexSamples(
    new Sightline({
      baseUrl: "http://sightline.test",
      apiKey: "key",
      fetch: async (input, init) => answer(new Request(input, init)),
    }),
    SAMPLES,
  );

describe("indexSamples", () => {
  it("indexes all at the first start and none at the next", async () => {
    expect(await start()).toMatchObject({ kind: "indexed", pictures: 3 });
    expect(await start()).toEqual({ kind: "kept", pictures: 3 });
  });

  it("indexes samples anew for another model", async () => {
    await start();
    served = { id: "acme-clip", revision: "7" };
    expect(await start()).toMatchObject({ kind: "indexed" });
    expect(madeBy).toEqual({ model: "acme-clip", revision: "7" });
  });

  it("leaves a collection in which somebody has items of his own, and says so", async () => {
    await start();
    stored?.add("holiday.jpg");
    served = { id: "emoji-dual", revision: "6" };
    const outcome = await start();
    expect(stored).toContain("holiday.jpg");
    expect(madeBy.revision).toBe("5");
    expect(sayOf(outcome)).toContain("made by emoji-dual 5, and 1 of its items are no samples");
    expect(sayOf(outcome)).toContain("npm run ops -- migrate demo/emoji --model emoji-dual --revision 6");
  });

  it("completes what an earlier start has begun, and keeps what somebody has added since", async () => {
    await start();
    for (const { id } of SAMPLES.slice(1)) stored?.delete(id);
    stored?.add("holiday.jpg");
    expect(await start()).toMatchObject({ kind: "indexed" });
    expect([...(stored ?? [])].sort()).toEqual(["1f34e", "1f350", "1f680", "holiday.jpg"]);
  });
});
