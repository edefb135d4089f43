import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { networkOf } from "../testing/network.ts";
import { createApi } from "./client.ts";
import { withPrecedence } from "./precedence.ts";

const never = new AbortController().signal;
const search = { kind: "search", collection: "shots", body: { query: "a dog", top_k: 24 } } as const;

/** Calls that the API has not answered yet, by their path. */
let open: { path: string; answer: (response: Response) => void }[];
let waits: { seconds: number; end: () => void }[];
beforeEach(() => {
  open = [];
  waits = [];
});

const setUp = () =>
  withPrecedence(
    createApi({
      fetch: networkOf(({ url }) => {
        const { promise, resolve } = Promise.withResolvers<Response>();
        open.push({ path: new URL(url).pathname, answer: resolve });
        return promise;
      }).fetch,
      clock: () => 0,
      session: { authorised: (call) => call("key") },
    }),
    (seconds) => new Promise((end) => waits.push({ seconds, end })),
  );

async function underWay(): Promise<string[]> {
  await turn();
  return open.map(({ path }) => path.replace(/^.*?(\w+\/image|search)$/, "$1"));
}

async function answer(path: string, response = new Response("{}")): Promise<void> {
  await turn();
  const at = open.findIndex((call) => call.path.endsWith(path));
  const [call] = open.splice(at, 1);
  expect(call?.path).toContain(path);
  call?.answer(response);
  await turn();
}

const tooMany = (seconds: number) =>
  Response.json({ error: { message: "Slowly." } }, { status: 429, headers: { "Retry-After": String(seconds) } });
const found = () => Response.json({ results: [] });

describe("withPrecedence", () => {
  it("fetches three pictures at a time, so that a plan of four calls has one for a search", async () => {
    const api = setUp();
    const all = ["a", "b", "c", "d"].map((id) => api.picture("shots", id, never));
    expect(await underWay()).toEqual(["a/image", "b/image", "c/image"]);
    await answer("b/image");
    expect(await underWay()).toEqual(["a/image", "c/image", "d/image"]);
    for (const id of ["a", "c", "d"]) await answer(`${id}/image`);
    expect(await Promise.all(all)).toHaveLength(4);
  });

  it("begins no picture while a search is under way", async () => {
    const api = setUp();
    const asked = api.ask(search, never);
    const picture = api.picture("shots", "a", never);
    expect(await underWay()).toEqual(["search"]);
    await answer("search", found());
    await asked;
    await answer("a/image");
    expect(await picture).toBeInstanceOf(Blob);
  });

  it("waits a limit out and asks for the picture again, and lets a search through meanwhile", async () => {
    const api = setUp();
    const picture = api.picture("shots", "a", never);
    await answer("a/image", tooMany(7));
    expect(waits.map(({ seconds }) => seconds)).toEqual([8]);
    const other = api.picture("shots", "b", never);
    expect(await underWay()).toEqual([]);
    const asked = api.ask(search, never);
    await answer("search", found());
    await asked;
    expect(await underWay()).toEqual([]);
    waits[0]?.end();
    await answer("a/image");
    await answer("b/image");
    expect(await Promise.all([picture, other])).toHaveLength(2);
  });

  it("keeps pictures back while a search that met a limit waits for its repetition", async () => {
    const api = setUp();
    const asked = expect(api.ask(search, never)).rejects.toMatchObject({ status: 429 });
    await answer("search", tooMany(2));
    await asked;
    const picture = api.picture("shots", "a", never);
    expect(await underWay()).toEqual([]);
    waits[0]?.end();
    await answer("a/image");
    await picture;
  });

  it.each([
    ["a quota that lasts longer than anybody looks at a page", tooMany(86_400)],
    ["a store that is down", new Response("{}", { status: 503, headers: { "Retry-After": "1" } })],
  ])("gives the picture up for %s", async (_, response) => {
    const picture = expect(setUp().picture("shots", "a", never)).rejects.toMatchObject({ status: response.status });
    await answer("a/image", response);
    await picture;
    expect(waits).toEqual([]);
  });

  it("does not ask again for a picture that nobody wants any more", async () => {
    const unwanted = new AbortController();
    const picture = expect(setUp().picture("shots", "a", unwanted.signal)).rejects.toThrow("gone");
    await answer("a/image", tooMany(1));
    unwanted.abort(new Error("gone"));
    waits[0]?.end();
    await picture;
    expect(await underWay()).toEqual([]);
  });
});
