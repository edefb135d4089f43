/** Canaries through the whole worker. All tests of this file share the one routing record, which other files leave alone. */

import { TenantId } from "@sightline/shared/ids";
import type { ServedModel } from "@sightline/shared/internal/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { CanaryRouting, takesPart } from "../../backend/routing.ts";
import { servicesFor } from "../../services.ts";
import { call, env, expectError, get, post, put } from "../../testing/client.ts";
import { PrivateCatalogue } from "../../testing/private-catalogue.ts";

const PATH = "/admin/v1/routing";
const headers = { authorization: `Bearer ${env.ADMIN_TOKEN}` };
const admin = (method: string, json?: unknown, own = env) =>
  call(method, PATH, { key: null, headers, env: own, ...(json !== undefined && { json }) });

const canary = (more: object = {}) => ({ id: "try-2", model: "trial-dual", revision: "2", percent: 100, ...more });
const fresh = () => crypto.randomUUID();

/** An isolate to which the real backend's model looks like two revisions of a model of its own, and that tells which one is asked for. */
function isolate(revisions: readonly string[] = ["1", "2"]) {
  const own = { ...env };
  const services = servicesFor(own);
  const { backend } = services;
  const asked: string[] = [];
  let listed = revisions;
  let passed = 0;
  const now = () => Date.now() + passed;
  let real: ServedModel | undefined;
  Object.assign(services, {
    models: new PrivateCatalogue("", now),
    routing: new CanaryRouting(now),
    backend: {
      async call(path, request, answer, context) {
        if (path !== "/internal/v1/embed" || !("lane" in request)) return backend.call(path, request, answer, context);
        asked.push(request.model.revision);
        return backend.call(path, { ...request, model: real ?? request.model }, answer, context);
      },
      async models(context) {
        const { models, isPartial } = await backend.models(context);
        real = models[0];
        const as = (revision: string) => ({ ...real, id: "trial-dual", revision }) as ServedModel;
        return { models: listed.map(as), isPartial };
      },
    } satisfies typeof backend,
  });
  return {
    env: own,
    asked,
    embed: async (key: "full" | "other" = "full") => {
      const answer = await post("/v1/embeddings", { input: fresh() }, { env: own, key });
      expect(answer.status).toBe(200);
      return asked.at(-1);
    },
    list(next: readonly string[]) {
      listed = next;
    },
    pass(ms: number) {
      passed += ms;
    },
  };
}

afterEach(async () => {
  await admin("DELETE");
});

describe("the routing", () => {
  it("is empty until a canary is set, and read back as it was set", async () => {
    const own = isolate();
    expect((await admin("GET", undefined, own.env)).body).toEqual({ object: "routing", canaries: [] });
    const set = await admin("PUT", { canaries: [canary()] }, own.env);
    expect(set.body).toEqual({ object: "routing", canaries: [{ ...canary(), served: true }] });
    expect((await admin("GET", undefined, isolate().env)).body).toEqual(set.body);
  });

  it("says when nobody serves a canary's revision", async () => {
    const own = isolate();
    const set = await admin("PUT", { canaries: [canary({ revision: "3" })] }, own.env);
    expect(set.body.canaries).toMatchObject([{ revision: "3", served: false }]);
  });

  it.each([
    ["more than all", { canaries: [canary({ percent: 101 })] }, "invalid_request", "canaries[0].percent"],
    ["two canaries of a model", { canaries: [canary(), canary({ id: "b" })] }, "invalid_request", "canaries"],
    ["a misspelt field", { canaries: [canary({ percentage: 1 })] }, "unknown_field", "canaries[0].percentage"],
  ])("refuses %s", async (_, json, code, param) => {
    expectError(await admin("PUT", json), 400, code, param);
  });

  it("is the operator's", async () => {
    expectError(await call("PUT", PATH, { json: { canaries: [] } }), 401, "invalid_admin_token");
  });

  it("cannot be changed while Redis is away", async () => {
    const own = { ...env, REDIS_URL: "http://127.0.0.1:1" };
    expectError(await admin("DELETE", undefined, own), 503, "store_unavailable");
  });
});

describe("a canary", () => {
  it("gives its tenants the other revision, and a rollback takes it back within ten seconds", async () => {
    const own = isolate();
    expect(await own.embed()).toBe("1");
    await admin("PUT", { canaries: [canary()] });
    own.pass(10_000);
    expect(await own.embed()).toBe("2");
    await admin("DELETE");
    own.pass(10_000);
    expect(await own.embed()).toBe("1");
  });

  it("leaves the other tenants alone", async () => {
    const [acme, rival] = ["acme", "rival"].map((id) => TenantId.parse(id));
    let id = 0;
    const splits = async () =>
      (await takesPart(acme!, { id: `try-${id}`, percent: 50 })) &&
      !(await takesPart(rival!, { id: `try-${id}`, percent: 50 }));
    while (!(await splits())) id++;
    await admin("PUT", { canaries: [canary({ id: `try-${id}`, percent: 50 })] });
    const own = isolate();
    expect([await own.embed("full"), await own.embed("other")]).toEqual(["2", "1"]);
  });

  it("of a revision that nobody serves gives the default one", async () => {
    await admin("PUT", { canaries: [canary({ revision: "3" })] });
    expect(await isolate().embed()).toBe("1");
  });

  it("does not decide with which revision a new collection is made", async () => {
    await admin("PUT", { canaries: [canary()] });
    const own = isolate();
    const path = `/v1/collections/c-${fresh()}`;
    expect((await put(path, {}, { env: own.env })).body).toMatchObject({ model: "trial-dual", revision: "1" });
    expect((await get(path, { env: own.env })).body.revision).toBe("1");
  });
});
