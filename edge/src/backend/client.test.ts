/** The backend's client against real servers: the world's backend, one that misbehaves in front of it, and a closed port. */
import { type ModelId, Revision, requestIdFrom, TenantId } from "@sightline/shared/ids";
import { EmbedResponse, isServedOf, StoreResponses, WriteItemsResponse } from "@sightline/shared/internal/protocol";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Deadline, deadlineIn } from "../deadline.ts";
import { env, setMode } from "../testing/client.ts";
import { beginTrace } from "../tracing/trace.ts";
import type { CallContext } from "./attempt.ts";
import { type BackendClient, createBackendClient } from "./client.ts";
import { Origin } from "./origins.ts";

const EMBED = "/internal/v1/embed";
const url = String(env.BACKEND_URL);
const good = Origin.parse({ id: "good", url });
const flaky = Origin.parse({ id: "flaky", url: env.FAULTY_BACKEND_URL });
const absent = Origin.parse({ id: "absent", url: "http://127.0.0.1:1" });
const collection = "c1" as never;

/** A client of its own, which tells whom it has asked. */
function isolate(origins: readonly Origin[], secret = String(env.BACKEND_SECRET), isStoreShared = false) {
  const asked: string[] = [];
  const requests: Request[] = [];
  const told: string[] = [];
  let passed = 0;
  const client = createBackendClient({
    origins,
    secret,
    isStoreShared,
    observer: {
      called: (id, outcome) => void told.push(`${id} ${outcome}`),
      opened: (id) => void told.push(`${id} opened`),
      skipped: (id) => void told.push(`${id} skipped`),
    },
    now: () => 1_000_000 + passed,
    // The order in which they are listed, and no wait between tries.
    random: () => 0,
    fetch: (...args) => {
      const request = new Request(...args);
      const at = new URL(request.url).origin;
      asked.push(origins.find((origin) => new URL(origin.url).origin === at)?.id ?? at);
      requests.push(request.clone());
      return fetch(request);
    },
  });
  return {
    client,
    asked,
    requests,
    told,
    pass(ms: number) {
      passed += ms;
    },
  };
}

const context = (more: Partial<CallContext> = {}): CallContext => ({
  tenant: TenantId.parse("acme"),
  requestId: requestIdFrom(undefined),
  deadline: deadlineIn(20_000),
  trace: beginTrace(undefined, undefined),
  region: undefined,
  ...more,
});

let model: { id: ModelId; revision: Revision };
let dims: number;
beforeAll(async () => {
  const { models } = await isolate([good]).client.models(context());
  const served = models.find((m) => isServedOf(m, "clip"))!;
  model = { id: served.id, revision: served.revision };
  dims = served.dims;
});

/** With the check that the embedding resolver makes of every answer. */
const embed = (client: BackendClient, more: Partial<CallContext> = {}) =>
  client.call(
    EMBED,
    { model, lane: "interactive", inputs: [{ kind: "text", text: "apple" }] },
    EmbedResponse.refine(({ results }) =>
      results.every((result) => result.status === "failed" || finite(result.embedding).length === dims),
    ),
    context(more),
  );
const finite = (bytes: Uint8Array): number[] =>
  [...new Float32Array(bytes.slice().buffer, 0, Math.floor(bytes.length / 4))].filter(Number.isFinite);
const space = () => ({ ...model, dims });
const count = (client: BackendClient) =>
  client.call("/internal/v1/store", { op: "count", space: space(), collection }, StoreResponses.count, context());
const fault = (code: string) => expect.objectContaining({ code });

const FAULTS = [
  ["hangs up", "reset", "backend_unavailable"],
  ["dies in the middle of its answer", "cut", "backend_unavailable"],
  ["answers an error page", "status-500", "backend_invalid_response"],
  ["is asleep behind a load balancer", "status-503", "backend_unavailable"],
  ["answers garbage", "garbage", "backend_invalid_response"],
  ["answers vectors of another length", "short", "backend_invalid_response"],
  ["answers vectors with NaN", "nan", "backend_invalid_response"],
] as const;

describe("an origin that fails", () => {
  beforeEach(() => setMode(flaky.url, "up"));

  it.each(FAULTS)("because it %s costs an error of the catalogue, after two more tries", async (_, mode, code) => {
    await setMode(flaky.url, mode);
    const { client, asked } = isolate([flaky]);
    await expect(embed(client)).rejects.toEqual(fault(code));
    expect(asked).toHaveLength(3);
  });

  it.each([...FAULTS, ["has no time", "busy", ""] as const])(
    "because it %s is not noticed where another one is well",
    async (_, mode) => {
      await setMode(flaky.url, mode);
      const { client, asked } = isolate([flaky, good]);
      expect((await embed(client)).results).toMatchObject([{ status: "ok" }]);
      expect(asked).toEqual(["flaky", "good"]);
    },
  );

  it("because nothing listens there is not noticed either", async () => {
    const { client, asked } = isolate([absent, good]);
    expect((await embed(client)).results).toMatchObject([{ status: "ok" }]);
    expect(asked).toEqual(["absent", "good"]);
  });

  it("because it refuses our signature is our fault, and not tried twice", async () => {
    const wrong = isolate([good], "another secret of at least 32 bytes");
    await expect(embed(wrong.client)).rejects.toEqual(fault("backend_invalid_response"));
    expect(wrong.asked).toHaveLength(1);
  });

  it("because it hangs is given up at the deadline, and blamed only if it had time enough", async () => {
    await setMode(flaky.url, "hang");
    const { client, asked } = isolate([flaky]);
    for (let i = 0; i < 4; i++) {
      await expect(embed(client, { deadline: deadlineIn(50) })).rejects.toEqual(fault("deadline_exceeded"));
    }
    expect(asked).toHaveLength(4);
    const { client: patient, asked: askedPatiently } = isolate([flaky]);
    for (let i = 0; i < 3; i++) {
      await expect(embed(patient, { deadline: shortened(deadlineIn(50)) })).rejects.toEqual(fault("deadline_exceeded"));
    }
    await expect(embed(patient)).rejects.toEqual(fault("backend_unavailable"));
    expect(askedPatiently).toHaveLength(3);
  });

  it("is tried again only as long as the deadline lasts", async () => {
    await setMode(flaky.url, "reset");
    const { client, asked } = isolate([flaky]);
    const over: Deadline = { signal: new AbortController().signal, remainingMs: () => (asked.length === 0 ? 100 : 0) };
    await expect(embed(client, { deadline: over })).rejects.toEqual(fault("backend_unavailable"));
    expect(asked).toHaveLength(1);
  });

  it("is asked again no more than the retry budget allows", async () => {
    await setMode(flaky.url, "busy");
    const { client, asked } = isolate([flaky, good]);
    for (let i = 0; i < 60; i++) await embed(client);
    expect(asked.filter((id) => id === "flaky")).toHaveLength(60);
    expect(asked.filter((id) => id === "good")).toHaveLength(15);
  });

  it("is not told twice to write: the first try may still be at work", async () => {
    await setMode(flaky.url, "reset");
    const { client, asked } = isolate([flaky, good]);
    const items = { model, collection, pictures: true, items: [] };
    await expect(client.call("/internal/v1/items", items, WriteItemsResponse, context())).rejects.toEqual(
      fault("backend_unavailable"),
    );
    const remove = { op: "delete", space: space(), collection, selector: { everything: true } } as const;
    await expect(client.call("/internal/v1/store", remove, StoreResponses.delete, context())).rejects.toEqual(
      fault("backend_unavailable"),
    );
    expect(asked).toEqual(["flaky", "flaky"]);
  });

  it("keeps its collections to itself: what lies in its store is not looked for elsewhere", async () => {
    await setMode(flaky.url, "reset");
    const { client, asked } = isolate([flaky, good]);
    await expect(count(client)).rejects.toEqual(fault("backend_unavailable"));
    expect(new Set(asked)).toEqual(new Set(["flaky"]));
  });

  it("is passed by, by calls about stored items too, where all origins write to one store", async () => {
    await setMode(flaky.url, "reset");
    const { client, asked } = isolate([flaky, good], undefined, true);
    expect(await count(client)).toEqual({ text: 0, image: 0 });
    expect(asked).toEqual(["flaky", "good"]);
    const items = { model, collection, pictures: true, items: [] };
    const write = () => client.call("/internal/v1/items", items, WriteItemsResponse, context());
    // A write is made once; the breaker lets the third failure be the last.
    for (let i = 0; i < 2; i++) await expect(write()).rejects.toEqual(fault("backend_unavailable"));
    expect(await write()).toMatchObject({ results: [] });
    expect(asked.slice(2)).toEqual(["flaky", "flaky", "good"]);
  });

  it("that may not serve a model is not told to write for it", async () => {
    const stranger = Origin.parse({ ...flaky, models: ["another-model"] });
    const { client, asked } = isolate([stranger, good], undefined, true);
    const items = { model, collection, pictures: true, items: [] };
    await client.call("/internal/v1/items", items, WriteItemsResponse, context());
    expect(asked).toEqual(["good"]);
  });
});

it("an origin that has failed all tries of two calls is still asked", async () => {
  await setMode(flaky.url, "reset");
  const { client } = isolate([flaky]);
  for (let i = 0; i < 2; i++) await expect(embed(client)).rejects.toEqual(fault("backend_unavailable"));
  await setMode(flaky.url, "up");
  expect((await embed(client)).results).toMatchObject([{ status: "ok" }]);
});

describe("an origin that has failed three calls in a row", () => {
  let broken: ReturnType<typeof isolate>;
  beforeEach(async () => {
    await setMode(flaky.url, "reset");
    broken = isolate([flaky]);
    for (let i = 0; i < 3; i++) await embed(broken.client).catch(() => undefined);
    broken.asked.length = 0;
  });

  it("is left alone for a minute, and callers are told how much of it is left", async () => {
    await expect(embed(broken.client)).rejects.toMatchObject({ code: "backend_unavailable", retryAfterSeconds: 60 });
    broken.pass(42_000);
    await expect(embed(broken.client)).rejects.toMatchObject({ code: "backend_unavailable", retryAfterSeconds: 18 });
    expect(broken.asked).toEqual([]);
  });

  it("is tried once then, and left alone again if it still fails", async () => {
    broken.pass(60_000);
    await expect(embed(broken.client)).rejects.toEqual(fault("backend_unavailable"));
    await expect(embed(broken.client)).rejects.toMatchObject({ retryAfterSeconds: 60 });
    expect(broken.asked).toEqual(["flaky"]);
  });

  it("is used again as soon as one call has succeeded", async () => {
    await setMode(flaky.url, "up");
    broken.pass(60_000);
    for (let i = 0; i < 3; i++) expect((await embed(broken.client)).results).toMatchObject([{ status: "ok" }]);
    expect(broken.asked).toEqual(["flaky", "flaky", "flaky"]);
  });
});

describe("what is counted of the origins", () => {
  it("is each try and how it ended", async () => {
    await setMode(flaky.url, "garbage");
    const { client, told } = isolate([absent, flaky, good]);
    await embed(client);
    expect(told).toEqual(["absent unreachable", "flaky garbage", "good ok"]);
  });

  it("is also that one could not do everything, though it answered", async () => {
    await setMode(flaky.url, "busy");
    const { client, told } = isolate([flaky, good]);
    await embed(client);
    expect(told).toEqual(["flaky declined", "good ok"]);
  });

  it("is each time that one is left alone from then on, and each call that would have gone there", async () => {
    const { client, told, pass } = isolate([absent, good]);
    for (let i = 0; i < 4; i++) await embed(client);
    expect(told.slice(4)).toEqual(["absent opened", "absent unreachable", "good ok", "absent skipped", "good ok"]);
    told.length = 0;
    pass(60_000);
    await embed(client);
    expect(told).toEqual(["absent opened", "absent unreachable", "good ok"]);
  });
});

describe("an origin that is not to blame", () => {
  it("because the caller's input is bad is not left alone", async () => {
    const { client, asked } = isolate([good]);
    const wrong = { ...model, revision: Revision.parse("none") };
    const request = { model: wrong, lane: "bulk", inputs: [] } as const;
    for (let i = 0; i < 4; i++) {
      await expect(client.call(EMBED, { ...request, inputs: [] }, EmbedResponse, context())).rejects.toEqual(
        fault("model_not_found"),
      );
    }
    expect(asked).toHaveLength(4);
  });

  it("because it is overloaded is not left alone, and what it did is kept", async () => {
    await setMode(flaky.url, "busy");
    const { client, asked } = isolate([flaky]);
    for (let i = 0; i < 4; i++) {
      expect((await embed(client)).results).toMatchObject([{ status: "failed", error: { code: "overloaded" } }]);
    }
    expect(asked).toHaveLength(4);
  });
});

describe("a call", () => {
  it("goes to the caller's region, and only to origins that serve the model", async () => {
    const far = Origin.parse({ ...good, id: "far", region: "asia" });
    const other = Origin.parse({ ...absent, id: "other", region: "europe", models: ["another-model"] });
    const near = Origin.parse({ ...flaky, id: "near", region: "europe" });
    await setMode(flaky.url, "up");
    const { client, asked } = isolate([far, other, near]);
    await embed(client, { region: "europe" });
    expect(asked).toEqual(["near"]);
  });

  it("tells the origin its trace, a parent of its own, its request and a deadline before ours", async () => {
    const { client, requests } = isolate([good]);
    const recorder = { ratio: 0, add: () => undefined };
    const trace = beginTrace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", recorder);
    await embed(client, { trace, requestId: requestIdFrom("my-request-1"), deadline: deadlineIn(1000) });
    const { headers } = requests[0]!;
    expect(headers.get("traceparent")).toMatch(
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/,
    );
    expect(headers.get("x-request-id")).toBe("my-request-1");
    expect(Number(headers.get("sightline-deadline-ms"))).toBeLessThanOrEqual(900);
  });
});

describe("the list of models", () => {
  it("is that of all origins, and says when one is missing", async () => {
    const narrow = Origin.parse({ ...good, id: "narrow", models: ["another-model"] });
    const { models } = await isolate([good]).client.models(context());
    expect(models).toContainEqual(expect.objectContaining(model));
    expect(await isolate([good, narrow]).client.models(context())).toEqual({ models, isPartial: false });
    expect(await isolate([absent, good]).client.models(context())).toEqual({ models, isPartial: true });
    await expect(isolate([absent]).client.models(context())).rejects.toEqual(fault("backend_unavailable"));
  });
});

/** Says that there is time enough, but ends soon: nobody waits a quarter of a minute in a test. */
const shortened = ({ signal }: Deadline): Deadline => ({ signal, remainingMs: () => 20_000 });
