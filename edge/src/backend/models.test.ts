import type { ServedModel } from "@sightline/shared/internal/protocol";
import { bytesToBase64 } from "@sightline/shared/vectors";
import { beforeEach, describe, expect, it } from "vitest";
import { servicesFor } from "../services.ts";
import { env, expectError, get, post, put } from "../testing/client.ts";
import { png } from "../testing/images.ts";
import { PrivateCatalogue } from "../testing/private-catalogue.ts";

/** An isolate of its own whose view of the real backend's list of models a test may change. */
function isolate() {
  const own = { ...env };
  const services = servicesFor(own);
  const { backend } = services;
  let change = (models: readonly ServedModel[]): readonly ServedModel[] => models;
  let looks = 0;
  let passed = 0;
  Object.assign(services, {
    models: new PrivateCatalogue("", () => Date.now() + passed),
    backend: {
      ...backend,
      async models(context) {
        const { models, isPartial } = await backend.models(context);
        looks++;
        return { models: change(models), isPartial };
      },
    } satisfies typeof backend,
  });
  return {
    env: own,
    looks: () => looks,
    pass(ms: number) {
      passed += ms;
    },
    /** From the next look on. */
    show(next: typeof change) {
      change = next;
    },
  };
}

const older = (model: ServedModel): ServedModel => ({ ...model, revision: "0" as ServedModel["revision"] });
const fresh = (name: string) => `${name}-${crypto.randomUUID()}`;

describe("a model's revision that the backend has unloaded since the last look at its list", () => {
  let stale: ReturnType<typeof isolate>;
  beforeEach(async () => {
    stale = isolate();
    stale.show((models) => models.map(older));
    expect((await get("/v1/models", { env: stale.env })).body.data[0].revision).toBe("0");
    stale.show((models) => models);
  });

  it.each([
    ["/v1/embeddings", { input: [fresh("a"), fresh("b")] }],
    ["/v1/classify", { input: fresh("c"), labels: ["one", "two"] }],
    ["/v1/rank", { query: fresh("d"), candidates: ["one", "two"] }],
  ])("is replaced by its successor without a caller of %s noticing", async (path, request) => {
    const answer = await post(path, request, { env: stale.env });
    expect(answer.status).toBe(200);
    expect((await get("/v1/models", { env: stale.env })).body.data[0].revision).not.toBe("0");
    expect(stale.looks()).toBe(2);
  });

  it("is replaced in judging pairs, too", async () => {
    const image = bytesToBase64(await png(1, 2, 3));
    const answer = await post("/v1/entailment", { image, hypothesis: fresh("d") }, { env: stale.env });
    expect(answer.status).toBe(200);
    expect(stale.looks()).toBe(2);
  });

  it("is answered with 503 while the list still shows it", async () => {
    stale.show((models) => models.map(older));
    const answer = await post("/v1/embeddings", { input: fresh("e") }, { env: stale.env });
    expectError(answer, 503, "backend_unavailable");
    expect(answer.headers.get("retry-after")).toBe("1");
  });

  it("is not what a new collection is bound to", async () => {
    stale.pass(10_000);
    const { body } = await put(`/v1/collections/${fresh("new")}`, {}, { env: stale.env });
    expect(body.model).toBe("emoji-dual");
    expect(body.revision).not.toBe("0");
  });
});

describe("a second revision beside the first", () => {
  it("does not hide the one that a collection was made with", async () => {
    const own = isolate();
    const path = `/v1/collections/${fresh("old")}`;
    await put(path, {}, { env: own.env });
    await put(`${path}/items`, { items: [{ id: "a", text: "apple" }] }, { env: own.env });
    own.show((models) => [...models.map(older), ...models]);
    own.pass(10_000);
    expect((await put(`/v1/collections/${fresh("new")}`, {}, { env: own.env })).body.revision).toBe("0");

    const list = (await get("/v1/models", { env: own.env })).body.data;
    const twins = list.filter(({ family }: { family: string }) => family === "clip");
    expect(twins.map((model: { default: boolean }) => model.default)).toEqual([true, false]);
    const found = await post(`${path}/search`, { query: fresh("apple") }, { env: own.env });
    expect(found.body.results).toMatchObject([{ id: "a" }]);
  });

  it("is found by who asks for it before the list is due", async () => {
    const own = isolate();
    own.show(() => []);
    await get("/v1/models", { env: own.env });
    own.show((models) => models);
    const ask = () => post("/v1/embeddings", { model: "emoji-dual", input: "a" }, { env: own.env });
    expectError(await ask(), 404, "model_not_found", "model");
    own.pass(10_000);
    expect((await ask()).status).toBe(200);
  });
});
