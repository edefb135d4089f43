/** Writing, reading, counting and deleting points. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../limits.ts";
import type { Point } from "../port.ts";
import { type ConformanceRun, idsOf, itemId, point, points, vectorOf } from "./fixtures.ts";

export function describePoints(run: ConformanceRun): void {
  describe("points", () => {
    it("come back as they were written, in the order asked for, undefined where there is none", async () => {
      const scope = run.freshScope();
      const apple = point("apple", { modality: "text", metadata: { colour: "red", price: 3 } });
      const pear = point("pear");
      await run.store.upsert(run.space, scope, [apple, pear]);
      const got = await run.store.get(run.space, scope, ["pear", "plum", "apple", "pear"].map(itemId));
      expect(got).toHaveLength(4);
      expect(got[1]).toBeUndefined();
      expectSame(got[0], pear);
      expectSame(got[2], apple);
      expectSame(got[3], pear);
    });

    it("are replaced whole", async () => {
      const scope = run.freshScope();
      await run.store.upsert(run.space, scope, [point("apple", { modality: "text", metadata: { a: 1, b: { c: 2 } } })]);
      const next = point("apple", { modality: "image", vector: vectorOf(99), metadata: { b: { d: 3 } } });
      await run.store.upsert(run.space, scope, [next]);
      const [got] = await run.store.get(run.space, scope, [next.id]);
      expectSame(got, next);
      expect(await run.store.count(run.space, scope)).toEqual({ text: 0, image: 1 });
      const hits = await run.store.search(run.space, scope, { vector: vectorOf(99), topK: 10 });
      expect(idsOf(hits)).toEqual(["apple"]);
    });

    it("keep any metadata as it was", async () => {
      const scope = run.freshScope();
      const key = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
      const value = fc.jsonValue({ maxDepth: 3, stringUnit: "grapheme", noUnicodeString: false });
      const metadata = fc
        .dictionary(key, value, { maxKeys: 6, noNullPrototype: true })
        .filter((drawn) => !JSON.stringify(drawn).includes("__proto__"));
      await fc.assert(
        fc.asyncProperty(metadata, async (drawn) => {
          // What JSON cannot tell apart (-0 and 0) is not ours to keep apart.
          const expected = JSON.parse(JSON.stringify(drawn)) as Record<string, unknown>;
          await run.store.upsert(run.space, scope, [point("any", { metadata: drawn })]);
          const [got] = await run.store.get(run.space, scope, [itemId("any")]);
          expect(got?.metadata).toEqual(expected);
        }),
        { numRuns: 40, examples: [[{}], [{ a: null, b: [], c: {}, d: "", e: 0, f: false, g: [[1, [null]]] }]] },
      );
    });

    it("keep the text that they were made from, until they are replaced by one without", async () => {
      const scope = run.freshScope();
      const text = 'a "red" apple\n🍎 ['.repeat(100);
      const apple = point("apple", { modality: "text", text, metadata: { colour: "red" } });
      await run.store.upsert(run.space, scope, [apple, point("pear")]);
      const [got, pear] = await run.store.get(run.space, scope, ["apple", "pear"].map(itemId));
      expect([got?.text, got?.metadata, pear?.text]).toEqual([text, { colour: "red" }, undefined]);
      const filter = { field: "colour", eq: "red" };
      expect((await run.store.scroll(run.space, scope, { limit: 10, filter })).points).toMatchObject([{ text }]);
      const [hit] = await run.store.search(run.space, scope, { vector: apple.vector, topK: 1, filter });
      expect(hit).toMatchObject({ id: "apple", metadata: { colour: "red" } });
      expect(hit).not.toHaveProperty("text");
      await run.store.upsert(run.space, scope, [point("apple")]);
      expect((await run.store.get(run.space, scope, [itemId("apple")]))[0]?.text).toBeUndefined();
    });

    it("may have any valid id", async () => {
      const scope = run.freshScope();
      const ids = [
        "a",
        "A",
        " ",
        "a/b",
        "../a",
        "'",
        '"',
        "\\",
        "%",
        "é",
        "e\u0301",
        "🍎",
        "0",
        "null",
        "x".repeat(256),
      ];
      await run.store.upsert(
        run.space,
        scope,
        ids.map((id) => point(id, { metadata: { id } })),
      );
      const got = await run.store.get(run.space, scope, ids.map(itemId));
      expect(got.map((p) => p?.metadata)).toEqual(ids.map((id) => ({ id })));
      expect(await run.store.count(run.space, scope)).toEqual({ text: 0, image: ids.length });
    });

    it("are counted by modality", async () => {
      const scope = run.freshScope();
      const texts = points(7).map((p): Point => ({ ...p, modality: "text" }));
      await run.store.upsert(run.space, scope, [...texts, point("i-1"), point("i-2")]);
      expect(await run.store.count(run.space, scope)).toEqual({ text: 7, image: 2 });
    });

    it("are refused, with their whole call, if a vector's length is wrong", async () => {
      const scope = run.freshScope();
      const short = { ...point("short"), vector: new Float32Array(run.space.dims - 1) };
      const writing = run.store.upsert(run.space, scope, [point("good"), short]);
      await expect(writing).rejects.toMatchObject({ code: "vector_invalid" });
      expect(await run.store.count(run.space, scope)).toEqual({ text: 0, image: 0 });
      const search = run.store.search(run.space, scope, { vector: short.vector, topK: 1 });
      await expect(search).rejects.toMatchObject({ code: "vector_invalid" });
    });

    it("may be written and asked for by none", async () => {
      const scope = run.freshScope();
      await run.store.upsert(run.space, scope, []);
      expect(await run.store.get(run.space, scope, [])).toEqual([]);
      expect(await run.store.delete(run.space, scope, { ids: [] })).toBe(0);
    });

    it("of a call of the largest size are all there", async () => {
      const scope = run.freshScope();
      const filling = 'é"'.repeat(LIMITS.metadataBytes / 4 - 32);
      const all = points(LIMITS.itemsPerCall, (n) => ({ n, filling }));
      await run.store.upsert(run.space, scope, all);
      expect(await run.store.count(run.space, scope)).toEqual({ text: 0, image: all.length });
      const got = await run.store.get(run.space, scope, idsOf(all));
      expect(got.every((p, n) => p?.metadata.n === n && p.metadata.filling === filling)).toBe(true);
    });

    it("that are written twice at the same time are one of the two, whole", async () => {
      const scope = run.freshScope();
      const versions = [1, 2].map((version) => point("apple", { vector: vectorOf(version), metadata: { version } }));
      await Promise.all(versions.map((version) => run.store.upsert(run.space, scope, [version])));
      const [got] = await run.store.get(run.space, scope, [itemId("apple")]);
      expectSame(got, versions[Number(got?.metadata.version) - 1] as Point);
      expect(await run.store.count(run.space, scope)).toEqual({ text: 0, image: 1 });
    });

    it("survive that their space is ensured again", async () => {
      const scope = run.freshScope();
      await run.store.upsert(run.space, scope, [point("apple")]);
      await run.store.ensure(run.space);
      expect(await run.store.count(run.space, scope)).toEqual({ text: 0, image: 1 });
    });

    it("of another revision are not there", async () => {
      const scope = run.freshScope();
      const second = run.spaceNamed("second");
      await run.store.ensure(second);
      await run.store.upsert(run.space, scope, [point("apple")]);
      expect(await run.store.get(second, scope, [itemId("apple")])).toEqual([undefined]);
      expect(await run.store.search(second, scope, { vector: vectorOf(1), topK: 10 })).toEqual([]);
      expect(await run.store.delete(second, scope, { everything: true })).toBe(0);
      expect(await run.store.count(run.space, scope)).toEqual({ text: 0, image: 1 });
    });
  });

  describe("deleting", () => {
    it("by ids tells how many there were", async () => {
      const scope = run.freshScope();
      await run.store.upsert(run.space, scope, points(5));
      const ids = ["item-1", "item-3", "item-1", "missing"].map(itemId);
      expect(await run.store.delete(run.space, scope, { ids })).toBe(2);
      expect(await run.store.delete(run.space, scope, { ids })).toBe(0);
      const hits = await run.store.search(run.space, scope, { vector: vectorOf(1), topK: 10 });
      expect(idsOf(hits).sort()).toEqual(["item-0", "item-2", "item-4"]);
      expect(await run.store.count(run.space, scope)).toEqual({ text: 0, image: 3 });
    });

    it("by filter takes what matches and nothing else", async () => {
      const scope = run.freshScope();
      await run.store.upsert(
        run.space,
        scope,
        points(30, (n) => ({ even: n % 2 === 0 })),
      );
      const selector = { filter: { field: "even", eq: true } };
      expect(await run.store.delete(run.space, scope, selector)).toBe(15);
      expect(await run.store.delete(run.space, scope, selector)).toBe(0);
      expect(await run.store.count(run.space, scope)).toEqual({ text: 0, image: 15 });
    });

    it("everything leaves an empty scope, to which can be written again", async () => {
      const scope = run.freshScope();
      await run.store.upsert(run.space, scope, points(40));
      expect(await run.store.delete(run.space, scope, { everything: true })).toBe(40);
      expect(await run.store.delete(run.space, scope, { everything: true })).toBe(0);
      await run.store.upsert(run.space, scope, [point("item-1")]);
      expect(await run.store.count(run.space, scope)).toEqual({ text: 0, image: 1 });
    });
  });

  describe("a scope that holds nothing", () => {
    it.each(["of a space that was ensured", "of a space that never was"])("%s answers as if empty", async (kind) => {
      const space = kind.includes("never") ? run.spaceNamed("never-ensured") : run.space;
      const scope = run.freshScope();
      expect(await run.store.get(space, scope, [itemId("apple")])).toEqual([undefined]);
      expect(await run.store.scroll(space, scope, { limit: 10 })).toEqual({ points: [] });
      expect(await run.store.search(space, scope, { vector: vectorOf(1), topK: 10 })).toEqual([]);
      expect(await run.store.count(space, scope)).toEqual({ text: 0, image: 0 });
      expect(await run.store.delete(space, scope, { ids: [itemId("apple")] })).toBe(0);
      expect(await run.store.delete(space, scope, { filter: { field: "a", exists: false } })).toBe(0);
      expect(await run.store.delete(space, scope, { everything: true })).toBe(0);
    });
  });

  it("says that it is healthy", async () => {
    expect(await run.store.health()).toMatchObject({ status: "ok" });
  });
}

function expectSame(got: Point | undefined, expected: Point): void {
  expect(got).toMatchObject({ id: expected.id, modality: expected.modality });
  expect(got?.metadata).toEqual(expected.metadata);
  const off = Math.max(...expected.vector.map((x, i) => Math.abs(x - (got?.vector[i] ?? Number.NaN))));
  expect(got?.vector).toHaveLength(expected.vector.length);
  expect(off).toBeLessThan(1e-5);
}
