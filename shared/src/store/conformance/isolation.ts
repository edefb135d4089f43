/** Scopes: whatever one tenant does, in any order, no other tenant and no other collection of its own can tell. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Point, Scope, VectorStore } from "../port.ts";
import { type ConformanceRun, idsOf, itemId, point, scope, vectorOf } from "./fixtures.ts";

const IDS = ["a", "b", "c", "d"];
/** Names that would meet if tenant, collection and item were merely strung together. */
const PLACES = [
  { tenant: "one", collection: "things" },
  { tenant: "two", collection: "things" },
  { tenant: "one", collection: "thing" },
  { tenant: "one-things", collection: "things" },
] as const;

type Operation =
  | { readonly kind: "upsert"; readonly place: number; readonly ids: readonly string[]; readonly version: number }
  | { readonly kind: "delete"; readonly place: number; readonly ids: readonly string[] }
  | { readonly kind: "deleteVersion"; readonly place: number; readonly version: number }
  | { readonly kind: "deleteAll"; readonly place: number };

const place = fc.nat({ max: PLACES.length - 1 });
const ids = fc.uniqueArray(fc.constantFrom(...IDS), { minLength: 1 });
const version = fc.nat({ max: 2 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("upsert"), place, ids, version }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete"), place, ids }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("deleteVersion"), place, version }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("deleteAll"), place }) },
);

export function describeIsolation(run: ConformanceRun): void {
  describe("tenants", () => {
    it("may use the same names for different things", async () => {
      const [mine, theirs] = [run.freshScope(), run.freshScope()];
      await run.store.upsert(run.space, mine, [point("apple", { metadata: { owner: "me" } })]);
      await run.store.upsert(run.space, theirs, [point("apple", { metadata: { owner: "them" }, vector: vectorOf(9) })]);
      const [got] = await run.store.get(run.space, mine, [itemId("apple")]);
      expect(got?.metadata).toEqual({ owner: "me" });
      const hits = await run.store.search(run.space, mine, { vector: vectorOf(9), topK: 10 });
      expect(hits.map((hit) => hit.metadata)).toEqual([{ owner: "me" }]);
      expect(await run.store.delete(run.space, theirs, { everything: true })).toBe(1);
      expect(await run.store.count(run.space, mine)).toEqual({ text: 0, image: 1 });
    });

    it("see their own doings and nothing else, whatever happens", () => expectIsolation(run));
  });
}

/** The property itself, for whoever wants to see it fail. @throws Error with the operations that led to a leak. */
export async function expectIsolation(
  run: ConformanceRun,
  parameters: fc.Parameters<[Operation[]]> = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 12 }), async (operations) => {
      const prefix = run.freshScope().tenant;
      const scopes = PLACES.map((p) => scope(`${prefix}-${p.tenant}`, p.collection));
      const model = scopes.map(() => new Map<string, Point>());
      for (const operation of operations) {
        const held = at(model, operation.place);
        const done = await perform(run, at(scopes, operation.place), operation);
        expect(done).toBe(rehearse(held, operation));
      }
      await Promise.all(model.map((held, i) => expectHolds(run, at(scopes, i), held)));
    }),
    { numRuns: 25, ...parameters },
  );
}

const versionOf = (id: string, place: number, version: number): Point =>
  point(id, { modality: version === 0 ? "text" : "image", metadata: { place, version } });

/** @returns how many points were deleted. */
async function perform({ store, space }: ConformanceRun, scope: Scope, operation: Operation): Promise<number> {
  const { kind, place } = operation;
  if (kind === "upsert") {
    const points = operation.ids.map((id) => versionOf(id, place, operation.version));
    await store.upsert(space, scope, points);
    return 0;
  }
  return store.delete(space, scope, selectorOf(operation));
}

function selectorOf(operation: Exclude<Operation, { kind: "upsert" }>): Parameters<VectorStore["delete"]>[2] {
  if (operation.kind === "delete") return { ids: operation.ids.map(itemId) };
  if (operation.kind === "deleteVersion") return { filter: { field: "version", eq: operation.version } };
  return { everything: true };
}

/** The same operation on the model. */
function rehearse(held: Map<string, Point>, operation: Operation): number {
  if (operation.kind === "upsert") {
    for (const id of operation.ids) held.set(id, versionOf(id, operation.place, operation.version));
    return 0;
  }
  const before = held.size;
  for (const [id, { metadata }] of [...held]) {
    const hit =
      operation.kind === "deleteAll" ||
      (operation.kind === "delete" ? operation.ids.includes(id) : metadata.version === operation.version);
    if (hit) held.delete(id);
  }
  return before - held.size;
}

async function expectHolds({ store, space }: ConformanceRun, scope: Scope, held: Map<string, Point>): Promise<void> {
  const expected = IDS.map((id) => held.get(id)?.metadata);
  const [got, hits, { points }, count] = await Promise.all([
    store.get(space, scope, IDS.map(itemId)),
    store.search(space, scope, { vector: vectorOf(1), topK: 200 }),
    store.scroll(space, scope, { limit: 200 }),
    store.count(space, scope),
  ]);
  expect(got.map((p) => p?.metadata)).toEqual(expected);
  expect(idsOf(hits).sort()).toEqual([...held.keys()].sort());
  expect(hits.every((hit) => hit.metadata?.place === held.get(hit.id)?.metadata.place)).toBe(true);
  expect(idsOf(points).sort()).toEqual([...held.keys()].sort());
  const texts = [...held.values()].filter((p) => p.modality === "text").length;
  expect(count).toEqual({ text: texts, image: held.size - texts });
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`nothing at ${index}`);
  return found;
}
