import { describe, expect, it } from "vitest";
import { ApiFailure, createApi } from "./api.ts";
import type { Query } from "./query.ts";

const never = new AbortController().signal;
const KEY = "sl_test";
const PAGE = "https://sightline.example/";

/** An API over a network that hands each request to `answer`; addresses are resolved as a browser would, from `/`. */
function over(answer: () => Response, collection = "emoji") {
  const seen: Request[] = [];
  let now = 0;
  const api = createApi({
    async fetch(input, init) {
      const request = new Request(new URL(String(input), PAGE), init);
      seen.push(request);
      const response = answer();
      request.signal.throwIfAborted();
      return response;
    },
    clock: () => {
      now += 40;
      return now;
    },
    collection,
  });
  return { api, seen };
}

const apple: Query = { kind: "text", text: "a red apple" };

describe("search", () => {
  const results = [{ id: "1f34e", score: 0.31, modality: "image", metadata: { name: "red apple" } }];

  it("sends the query with the key and returns the results with the time they took", async () => {
    const { api, seen } = over(() => Response.json({ results }));
    expect(await api.search(apple, KEY, never)).toEqual({ results, elapsedMs: 40 });
    const request = seen[0]!;
    expect(request.method).toBe("POST");
    expect(request.url).toBe(`${PAGE}v1/collections/emoji/search`);
    expect(request.headers.get("authorization")).toBe(`Bearer ${KEY}`);
    expect(await request.json()).toEqual({ query: "a red apple", top_k: 24 });
  });

  it.each<[Query, unknown]>([
    [{ kind: "similar", id: "1f34e", name: "red apple" }, { id: "1f34e" }],
    [
      { kind: "picture", name: "a.png", dataUri: "data:image/png;base64,AA==", picture: new Blob() },
      { image: "data:image/png;base64,AA==" },
    ],
  ])("says a query that is not text in the contract's form: %o", async (query, wire) => {
    const { api, seen } = over(() => Response.json({ results: [] }));
    await api.search(query, KEY, never);
    expect(await seen[0]!.json()).toMatchObject({ query: wire });
  });

  it("keeps a strange collection name inside its path segment", async () => {
    const { api, seen } = over(() => Response.json({ results: [] }), "../models?x=1");
    await api.search(apple, KEY, never);
    expect(seen[0]!.url).toBe(`${PAGE}v1/collections/..%2Fmodels%3Fx%3D1/search`);
  });

  it("fails with the API's own sentence, status and request id", async () => {
    const error = {
      type: "server_error",
      code: "overloaded",
      message: "The service has more work than it can do in time.",
      param: null,
      request_id: "req_0123",
    };
    const { api } = over(() => Response.json({ error }, { status: 503 }));
    const failure = await api.search(apple, KEY, never).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(ApiFailure);
    expect(failure).toMatchObject({ message: error.message, status: 503, requestId: "req_0123" });
  });

  it.each(["<html>Bad gateway</html>", '{"error":"bad gateway"}', "null", ""])(
    "fails with the status when a proxy answers %j",
    async (body) => {
      const { api } = over(() => new Response(body, { status: 502 }));
      await expect(api.search(apple, KEY, never)).rejects.toMatchObject({
        name: "ApiFailure",
        status: 502,
        message: "The service answered with status 502.",
      });
    },
  );

  it.each(["half an ans", '{"ok":true}'])("fails when a success carries no results: %j", async (body) => {
    const { api } = over(() => new Response(body));
    await expect(api.search(apple, KEY, never)).rejects.toBeInstanceOf(ApiFailure);
  });

  it("fails without a status when nobody answers", async () => {
    const { api } = over(() => {
      throw new TypeError("fetch failed");
    });
    await expect(api.search(apple, KEY, never)).rejects.toMatchObject({ name: "ApiFailure", status: undefined });
  });

  it("rejects with the signal's reason when cancelled under way", async () => {
    const cancelled = new AbortController();
    const reason = new Error("a newer search");
    const { api } = over(() => {
      cancelled.abort(reason);
      return Response.json({ results });
    });
    await expect(api.search(apple, KEY, cancelled.signal)).rejects.toBe(reason);
  });
});

describe("picture", () => {
  it("fetches an item's picture with the key, whatever its id is", async () => {
    const { api, seen } = over(() => new Response("RIFF"));
    const blob = await api.picture("a/b c", KEY, never);
    expect(await blob.text()).toBe("RIFF");
    expect(seen[0]!.url).toBe(`${PAGE}v1/collections/emoji/items/a%2Fb%20c/image`);
    expect(seen[0]!.headers.get("authorization")).toBe(`Bearer ${KEY}`);
  });
});

describe("cancelling", () => {
  it("counts as cancelled, not as an unreadable answer, when it comes while the body is read", async () => {
    const cancelled = new AbortController();
    const reason = new Error("a newer search");
    const { api } = over(() => {
      const body = new ReadableStream(
        {
          pull(controller) {
            cancelled.abort(reason);
            controller.error(reason);
          },
        },
        { highWaterMark: 0 },
      );
      return new Response(body);
    });
    await expect(api.search(apple, KEY, cancelled.signal)).rejects.toBe(reason);
  });
});
