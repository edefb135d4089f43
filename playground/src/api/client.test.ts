import { describe, expect, it } from "vitest";
import { networkOf, PAGE } from "../testing/network.ts";
import { createApi } from "./client.ts";
import { ApiFailure } from "./failure.ts";
import type { Operation, OperationOf } from "./operations.ts";

const never = new AbortController().signal;
const KEY = "sl_test";

function over(answer: () => Response) {
  const { fetch, seen } = networkOf(answer);
  let now = 0;
  const clock = () => {
    now += 40;
    return now;
  };
  return { api: createApi({ fetch, clock, session: { authorised: (call) => call(KEY) } }), seen };
}

const search = (collection = "emoji"): OperationOf<"search"> => ({
  kind: "search",
  collection,
  body: { query: "a red apple", top_k: 24 },
});

describe("ask", () => {
  const results = [{ id: "1f34e", score: 0.31, modality: "image", metadata: { name: "red apple" } }];

  it("sends the body with the key, and tells how long the answer took and where it came from", async () => {
    const { api, seen } = over(() => Response.json({ results }, { headers: { "Sightline-Cache": "hit" } }));
    expect(await api.ask(search(), never)).toEqual({ body: { results }, elapsedMs: 40, cache: "hit" });
    const request = seen[0]!;
    expect(request.method).toBe("POST");
    expect(request.url).toBe(`${PAGE}v1/collections/emoji/search`);
    expect(request.headers.get("authorization")).toBe(`Bearer ${KEY}`);
    expect(await request.json()).toEqual({ query: "a red apple", top_k: 24 });
  });

  it.each<[Operation, string, object]>([
    [{ kind: "classify", body: { input: "a", labels: ["b"] } }, "POST v1/classify", { data: [] }],
    [{ kind: "rank", body: { query: "a", candidates: ["b"] } }, "POST v1/rank", { results: [] }],
    [{ kind: "entail", body: { image: "AA==", hypothesis: "b" } }, "POST v1/entailment", { label: "yes" }],
    [{ kind: "embed", body: { input: ["a"] } }, "POST v1/embeddings", { data: [] }],
    [
      { kind: "add", collection: "c", body: { items: [{ id: "1", text: "a" }] } },
      "PUT v1/collections/c/items",
      { results: [] },
    ],
  ])("knows the endpoint of %j", async (operation, endpoint, answer) => {
    const { api, seen } = over(() => Response.json(answer));
    expect((await api.ask(operation, never)).body).toEqual(answer);
    expect(`${seen[0]?.method} ${seen[0]?.url.slice(PAGE.length)}`).toBe(endpoint);
  });

  it("keeps a strange collection name inside its path segment", async () => {
    const { api, seen } = over(() => Response.json({ results: [] }));
    await api.ask(search("../models?x=1"), never);
    expect(seen[0]!.url).toBe(`${PAGE}v1/collections/..%2Fmodels%3Fx%3D1/search`);
  });

  it("fails with the API's own sentence, code, request id and time to wait", async () => {
    const error = {
      type: "rate_limit_error",
      code: "rate_limit_exceeded",
      message: "The tenant's rate limit is used up.",
      param: null,
      request_id: "req_0123",
    };
    const { api } = over(() => Response.json({ error }, { status: 429, headers: { "Retry-After": "7" } }));
    const failure = await api.ask(search(), never).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(ApiFailure);
    expect(failure).toMatchObject({
      message: error.message,
      code: "rate_limit_exceeded",
      status: 429,
      requestId: "req_0123",
      retryAfterSeconds: 7,
    });
  });

  it.each(["<html>Bad gateway</html>", '{"error":"bad gateway"}', "null", ""])(
    "fails with the status alone when a proxy answers %j",
    async (body) => {
      const { api } = over(() => new Response(body, { status: 502, headers: { "Retry-After": "soon" } }));
      await expect(api.ask(search(), never)).rejects.toMatchObject({
        name: "ApiFailure",
        status: 502,
        message: "",
        retryAfterSeconds: undefined,
      });
    },
  );

  it.each(["half an ans", '{"ok":true}'])("fails when a success carries no answer: %j", async (body) => {
    const { api } = over(() => new Response(body));
    await expect(api.ask(search(), never)).rejects.toBeInstanceOf(ApiFailure);
  });

  it("fails without a status when nobody answers", async () => {
    const { api } = over(() => {
      throw new TypeError("fetch failed");
    });
    await expect(api.ask(search(), never)).rejects.toMatchObject({ name: "ApiFailure", status: undefined });
  });

  it("rejects with the signal's reason when cancelled under way", async () => {
    const cancelled = new AbortController();
    const reason = new Error("a newer search");
    const { api } = over(() => {
      cancelled.abort(reason);
      return Response.json({ results });
    });
    await expect(api.ask(search(), cancelled.signal)).rejects.toBe(reason);
  });

  it("counts as cancelled, not as an unreadable answer, when that comes while the body is read", async () => {
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
    await expect(api.ask(search(), cancelled.signal)).rejects.toBe(reason);
  });
});

describe("picture", () => {
  it("fetches an item's picture with the key, whatever its id is", async () => {
    const { api, seen } = over(() => new Response("RIFF"));
    expect(await (await api.picture("emoji", "a/b c", never)).text()).toBe("RIFF");
    expect(seen[0]!.url).toBe(`${PAGE}v1/collections/emoji/items/a%2Fb%20c/image`);
    expect(seen[0]!.headers.get("authorization")).toBe(`Bearer ${KEY}`);
  });
});
