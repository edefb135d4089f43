/** Tenants through the public API: whatever each of them does, in any order, none can tell what the others have or do. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CallOptions, call } from "../testing/client.ts";

/** Names that all tenants use alike. */
const IDS = ["a", "b", "c"];
const TENANTS = ["full", "other", "neighbour"] as const;
const DIMS = 256;

type Operation = { readonly tenant: number } & (
  | { readonly kind: "create" }
  | { readonly kind: "drop" }
  | { readonly kind: "upsert"; readonly ids: readonly string[]; readonly version: number }
  | { readonly kind: "delete"; readonly ids: readonly string[] }
  | { readonly kind: "deleteVersion"; readonly version: number }
);

const tenant = fc.nat({ max: TENANTS.length - 1 });
const ids = fc.uniqueArray(fc.constantFrom(...IDS), { minLength: 1 });
const version = fc.nat({ max: 2 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("create" as const), tenant }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), tenant }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("upsert" as const), tenant, ids, version }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), tenant, ids }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("deleteVersion" as const), tenant, version }) },
);

/** Each has the same items in a collection of the same name: what is done from then on could touch another's. */
const START = TENANTS.flatMap((_, tenant): Operation[] => [
  { kind: "create", tenant },
  { kind: "upsert", tenant, ids: IDS, version: 0 },
]);

/** What a tenant has: undefined is no collection, else its items' metadata by id. */
type Held = Map<string, object> | undefined;

const vector = Array.from({ length: DIMS }, (_, i) => (i === 0 ? 1 : 0));

/** @returns status, and how many items the call says that it has touched. */
async function perform(
  operation: Operation,
  path: string,
  options: CallOptions,
): Promise<[number, number | undefined]> {
  const ask = async (method: string, below: string, json?: unknown): Promise<[number, number | undefined]> => {
    const { status, body } = await call(method, path + below, { ...options, ...(json !== undefined && { json }) });
    return [status, body.succeeded ?? body.deleted];
  };
  switch (operation.kind) {
    case "create":
      return ask("PUT", "", {});
    case "drop":
      return ask("DELETE", "");
    case "upsert": {
      const metadata = { tenant: operation.tenant, version: operation.version };
      return ask("PUT", "/items", { items: operation.ids.map((id) => ({ id, embedding: vector, metadata })) });
    }
    case "delete":
      return ask("POST", "/items/delete", { ids: operation.ids });
    case "deleteVersion":
      return ask("POST", "/items/delete", { filter: { field: "version", eq: operation.version } });
  }
}

/** The same on the model. */
function rehearse(
  operation: Operation,
  held: Held,
): { readonly after: Held; readonly answer: [number, number | undefined] } {
  if (operation.kind === "create") return { after: held ?? new Map(), answer: [200, undefined] };
  if (!held) return { after: held, answer: [404, undefined] };
  if (operation.kind === "drop") return { after: undefined, answer: [200, held.size] };
  const after = new Map(held);
  if (operation.kind === "upsert") {
    const { tenant, version, ids } = operation;
    for (const id of ids) after.set(id, { tenant, version });
    return { after, answer: [200, ids.length] };
  }
  for (const [id, metadata] of held) {
    const isMeant =
      operation.kind === "delete"
        ? operation.ids.includes(id)
        : (metadata as { version: number }).version === operation.version;
    if (isMeant) after.delete(id);
  }
  return { after, answer: [200, held.size - after.size] };
}

/** Everything that can be asked, beside what the model says. */
async function expectSees(path: string, held: Held, options: CallOptions): Promise<void> {
  const get = (below: string) => call("GET", path + below, options);
  const [collection, list, found, ...single] = await Promise.all([
    get(""),
    get("/items"),
    call("POST", `${path}/search`, { ...options, json: { query: { embedding: vector }, top_k: 200 } }),
    ...IDS.map((id) => get(`/items/${id}`)),
  ]);
  const name = path.split("/").at(-1);
  const listed = (await call("GET", "/v1/collections", options)).body.data.some(
    (c: { name: string }) => c.name === name,
  );
  expect(listed).toBe(held !== undefined);
  if (!held) {
    for (const { status, body } of [collection, list, found, ...single]) {
      expect([status, body.error.code]).toEqual([404, "collection_not_found"]);
    }
    return;
  }
  const expected = Object.fromEntries([...held].sort());
  const seen = (items: readonly { id: string; metadata: object }[]) =>
    Object.fromEntries(items.map(({ id, metadata }) => [id, metadata] as const).sort());
  expect(collection?.body.items.total).toBe(held.size);
  expect(seen(list?.body.data)).toEqual(expected);
  expect(seen(found?.body.results)).toEqual(expected);
  for (const [i, { status, body }] of single.entries()) {
    const metadata = held.get(IDS[i] ?? "");
    if (metadata) expect(body.metadata).toEqual(metadata);
    else expect([status, body.error.code]).toEqual([404, "item_not_found"]);
  }
}

describe("tenants", () => {
  it("see what they have done and nothing else, whatever happens", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 2, maxLength: 8 }), async (operations) => {
        const path = `/v1/collections/isolation-${crypto.randomUUID().slice(0, 8)}`;
        const model: Held[] = TENANTS.map(() => undefined);
        for (const operation of [...START, ...operations]) {
          const key = TENANTS[operation.tenant] ?? "full";
          const { after, answer } = rehearse(operation, model[operation.tenant]);
          expect(await perform(operation, path, { key })).toEqual(answer);
          model[operation.tenant] = after;
        }
        for (const [i, key] of TENANTS.entries()) await expectSees(path, model[i], { key });
        for (const key of TENANTS) await call("DELETE", path, { key });
      }),
      { numRuns: 5 },
    );
  });
});
