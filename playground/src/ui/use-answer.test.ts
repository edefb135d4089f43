/** The hook in a component that shows nothing: what it asks, and when, is told by the network. Time is the test's. */
import { h, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "../api/client.ts";
import { ApiFailure } from "../api/failure.ts";
import type { OperationOf } from "../api/operations.ts";
import { type Services, ServicesContext } from "../services.ts";
import { networkOf } from "../testing/network.ts";
import { type Asked, useAnswer } from "./use-answer.ts";

type Search = OperationOf<"search">;

const search = (query: string): Search => ({ kind: "search", collection: "emoji", body: { query } });
/** Preact looks at these of the element that it renders into, even where there is nothing to put there. */
const place = () => ({ nodeType: 1, childNodes: [], firstChild: null }) as unknown as Element;

/** Requests that are under way, by what is searched for; each is answered when the test says. */
const waiting = new Map<string, (response: Response) => void>();
const { fetch, seen } = networkOf(async (request) => {
  const { query } = (await request.clone().json()) as { query: string };
  return new Promise((resolve, reject) => {
    waiting.set(query, resolve);
    request.signal.addEventListener("abort", () => reject(request.signal.reason));
  });
});
const api = createApi({ fetch, clock: () => 0, session: { authorised: (call) => call("sl_key") } });

let container: Element;
let asked: Asked<Search>;

function Panel({ operation }: { readonly operation: Search | undefined }) {
  asked = useAnswer(operation);
  return null;
}

const show = (operation: Search | undefined, keyVersion = 1) =>
  act(() => {
    const value = { api, keyVersion } as Services;
    render(h(ServicesContext.Provider, { value, children: h(Panel, { operation }) }), container);
  });
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms).then(() => undefined));
const answer = (query: string, response = Response.json({ results: [{ id: query }] })) =>
  act(async () => {
    waiting.get(query)?.(response);
    await vi.advanceTimersByTimeAsync(0);
  });
const queries = async () => Promise.all(seen.map(async (request) => (await request.clone().json()).query));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", {});
  container = place();
  waiting.clear();
  (seen as Request[]).length = 0;
});
afterEach(async () => {
  await act(() => render(null, container));
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("what is typed", () => {
  it("is asked for once, when the typing has paused", async () => {
    for (const query of ["a", "ap", "app", "appl"]) {
      await show(search(query));
      await pass(100);
    }
    expect([await queries(), asked.isAsking]).toEqual([[], true]);
    await show(search("apple"));
    await pass(200);
    expect(await queries()).toEqual(["apple"]);
    await answer("apple");
    expect(asked).toMatchObject({ isAsking: false, answer: { body: { results: [{ id: "apple" }] } } });
  });

  it("cancels the question before it, whose answer is not shown however late it comes", async () => {
    await show(search("red"));
    await pass(200);
    await show(search("green"));
    expect(seen.map(({ signal }) => signal.aborted)).toEqual([true]);
    await pass(200);
    await answer("green");
    await answer("red");
    expect(seen.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(asked).toMatchObject({ isAsking: false, answer: { body: { results: [{ id: "green" }] } } });
    expect(asked.failure).toBeUndefined();
  });

  it("leaves the older answer on the page while the newer question is under way", async () => {
    await show(search("red"));
    await pass(200);
    await answer("red");
    await show(search("green"));
    await pass(200);
    expect(asked).toMatchObject({
      isAsking: true,
      answered: search("red"),
      answer: { body: { results: [{ id: "red" }] } },
    });
  });

  it("is not asked any more when nothing is left of it, or its panel is left", async () => {
    await show(search("red"));
    await pass(200);
    await show(undefined);
    expect([seen[0]?.signal.aborted, asked.isAsking, asked.answer]).toEqual([true, false, undefined]);
    await show(search("green"));
    await pass(200);
    await act(() => render(null, container));
    expect(seen[1]?.signal.aborted).toBe(true);
  });
});

describe("an answer", () => {
  it("that is a failure is said, and the same is asked again when that is wanted", async () => {
    await show(search("red"));
    await pass(200);
    await answer("red", new Response("", { status: 500 }));
    expect([asked.isAsking, asked.failure]).toEqual([false, expect.any(ApiFailure)]);
    await act(() => asked.retry());
    expect([asked.isAsking, asked.failure]).toEqual([true, undefined]);
    await pass(200);
    expect(await queries()).toEqual(["red", "red"]);
  });

  it("that another key gave is gone at once, and asked for with the new one", async () => {
    const operation = search("red");
    await show(operation);
    await pass(200);
    await answer("red");
    await show(operation, 2);
    expect([asked.answer, asked.isAsking]).toEqual([undefined, true]);
    await pass(200);
    expect(await queries()).toEqual(["red", "red"]);
  });
});
