/** Nearest points: order, scores, cuts, exactness. */
import { describe, expect, it } from "vitest";
import { CollectionName } from "../../ids.ts";
import { type Point, SearchEffort } from "../port.ts";
import { type ConformanceRun, exactSearch, idsOf, point, points, SCORE_DIGITS, vectorOf } from "./fixtures.ts";

export function describeSearch(run: ConformanceRun): void {
  describe("searching", () => {
    it("gives the nearest first, with their cosines, their metadata, and no vectors unless asked for", async () => {
      const scope = run.freshScope();
      const all = points(50, (n) => ({ n }));
      await run.store.upsert(run.space, scope, all);
      const query = { vector: vectorOf(1), topK: 10 };
      const expected = exactSearch(all, query);
      const hits = await run.store.search(run.space, scope, query);
      expect(idsOf(hits)).toEqual(idsOf(expected));
      const byId = new Map(all.map((p) => [p.id, p]));
      hits.forEach((hit, i) => {
        expect(hit.score).toBeCloseTo(expected[i]?.score ?? Number.NaN, SCORE_DIGITS);
        expect(hit.metadata).toEqual(byId.get(hit.id)?.metadata);
        expect(hit.vector).toBeUndefined();
      });
    });

    it("gives the same answers with more effort", async () => {
      const scope = run.freshScope();
      const all = points(300, (n) => ({ third: n % 3 }));
      await run.store.upsert(run.space, scope, all);
      for (const filter of [undefined, { field: "third", eq: 1 }]) {
        const query = { vector: vectorOf(7), topK: 20, filter };
        const expected = exactSearch(all, query);
        for (const effort of SearchEffort.options) {
          const hits = await run.store.search(run.space, scope, { ...query, effort });
          expect(idsOf(hits)).toEqual(idsOf(expected));
          hits.forEach(({ score }, i) => {
            expect(score).toBeCloseTo(expected[i]?.score ?? Number.NaN, 5);
          });
        }
      }
    });

    it("gives vectors when asked for", async () => {
      const scope = run.freshScope();
      const apple = point("apple");
      await run.store.upsert(run.space, scope, [apple, point("pear")]);
      const query = { vector: apple.vector, topK: 1, includeVectors: true };
      const [hit] = await run.store.search(run.space, scope, query);
      expect(hit?.id).toBe("apple");
      expect(hit?.score).toBeCloseTo(1, SCORE_DIGITS);
      expect([...(hit?.vector ?? [])].map((x) => x.toFixed(4))).toEqual([...apple.vector].map((x) => x.toFixed(4)));
    });

    it("gives no metadata when told so, and filters by it all the same", async () => {
      const scope = run.freshScope();
      await run.store.upsert(
        run.space,
        scope,
        points(4, (n) => ({ n })),
      );
      const query = { vector: vectorOf(1), topK: 4, filter: { field: "n", lt: 2 }, withMetadata: false };
      const hits = await run.store.search(run.space, scope, query);
      expect(hits.map(({ metadata }) => metadata)).toEqual([undefined, undefined]);
    });

    it("gives all there are if they are fewer than asked for", async () => {
      const scope = run.freshScope();
      await run.store.upsert(run.space, scope, points(3));
      expect(await run.store.search(run.space, scope, { vector: vectorOf(1), topK: 200 })).toHaveLength(3);
    });

    it("orders equally near points by id", async () => {
      const scope = run.freshScope();
      const ids = ["c", "a", "B", "é", "b", "a-1"];
      const same = ids.map((id) => point(id, { vector: vectorOf(5) }));
      await run.store.upsert(run.space, scope, [...same, point("far", { vector: vectorOf(6) })]);
      const hits = await run.store.search(run.space, scope, { vector: vectorOf(5), topK: ids.length });
      expect(idsOf(hits)).toEqual(ids.toSorted());
    });

    it("keeps to one modality", async () => {
      const scope = run.freshScope();
      const all = points(40).map((p, n): Point => ({ ...p, modality: n % 4 === 0 ? "text" : "image" }));
      await run.store.upsert(run.space, scope, all);
      const query = { vector: vectorOf(2), topK: 20, modality: "text" } as const;
      expect(idsOf(await run.store.search(run.space, scope, query))).toEqual(idsOf(exactSearch(all, query)));
    });

    it("leaves out what is less near than the threshold", async () => {
      const scope = run.freshScope();
      const all = points(40);
      await run.store.upsert(run.space, scope, all);
      const query = { vector: vectorOf(3), topK: 40 };
      const ranked = exactSearch(all, query);
      // Halfway between two neighbours, so that no rounding decides.
      const scoreThreshold = ((ranked[9]?.score ?? 0) + (ranked[10]?.score ?? 0)) / 2;
      const hits = await run.store.search(run.space, scope, { ...query, scoreThreshold });
      expect(idsOf(hits)).toEqual(idsOf(ranked.slice(0, 10)));
      expect(await run.store.search(run.space, scope, { ...query, topK: 4, scoreThreshold })).toHaveLength(4);
      const none = { ...query, scoreThreshold: 0.999, filter: { field: "n", exists: false } };
      expect(await run.store.search(run.space, scope, none)).toEqual([]);
    });

    it("scores by cosine from 1 to -1, and counts a hit at exactly the threshold", async () => {
      const scope = run.freshScope();
      const axis = (n: number, sign = 1) =>
        Float32Array.from({ length: run.space.dims }, (_, i) => (i === n ? sign : 0));
      const all = [point("same", { vector: axis(0) }), point("opposite", { vector: axis(0, -1) })];
      await run.store.upsert(run.space, scope, [...all, point("across", { vector: axis(1) })]);
      const hits = await run.store.search(run.space, scope, { vector: axis(0), topK: 3 });
      expect(hits.map(({ id, score }) => [id, score])).toEqual([
        ["same", 1],
        ["across", 0],
        ["opposite", -1],
      ]);
      const atLeast = async (scoreThreshold: number) =>
        idsOf(await run.store.search(run.space, scope, { vector: axis(0), topK: 3, scoreThreshold }));
      expect(await atLeast(1)).toEqual(["same"]);
      expect(await atLeast(0)).toEqual(["same", "across"]);
      expect(await atLeast(-1)).toEqual(["same", "across", "opposite"]);
    });

    it("cuts among equally near points, but never prefers them to a nearer one", async () => {
      const scope = run.freshScope();
      const same = ["d", "b", "c", "a"].map((id) => point(id, { vector: vectorOf(5) }));
      await run.store.upsert(run.space, scope, [...same, point("z", { vector: vectorOf(6) })]);
      const hits = idsOf(await run.store.search(run.space, scope, { vector: vectorOf(6), topK: 3 }));
      expect(hits[0]).toBe("z");
      expect(hits.slice(1)).toEqual(hits.slice(1).toSorted());
      expect(new Set(hits).size).toBe(3);
    });

    it("narrows by modality, filter and threshold together", async () => {
      const scope = run.freshScope();
      const all = points(60, (n) => ({ n })).map((p, n): Point => ({ ...p, modality: n % 2 === 0 ? "text" : "image" }));
      await run.store.upsert(run.space, scope, all);
      const query = { vector: vectorOf(4), topK: 60, modality: "image", filter: { field: "n", lt: 30 } } as const;
      const ranked = exactSearch(all, query);
      const scoreThreshold = ((ranked[4]?.score ?? 0) + (ranked[5]?.score ?? 0)) / 2;
      expect(idsOf(await run.store.search(run.space, scope, query))).toEqual(idsOf(ranked));
      const hits = await run.store.search(run.space, scope, { ...query, scoreThreshold });
      expect(idsOf(hits)).toEqual(idsOf(ranked.slice(0, 5)));
    });

    it("is exact among 1 000 points beside a crowd of others, with and without a filter", async () => {
      const scope = run.freshScope();
      const all = points(1000, (n) => ({ rare: n % 300 === 0, tenth: n % 10 }));
      for (let from = 0; from < all.length; from += 250) {
        await run.store.upsert(run.space, scope, all.slice(from, from + 250));
      }
      const crowded = { ...scope, collection: CollectionName.parse("crowd") };
      await run.store.upsert(run.space, crowded, points(256));
      const filters = [undefined, { field: "tenth", eq: 3 }, { field: "rare", eq: true }];
      for (let seed = 0; seed < 10; seed++) {
        for (const filter of filters) {
          const query = { vector: vectorOf(1000 + seed), topK: 10, filter };
          expect(idsOf(await run.store.search(run.space, scope, query))).toEqual(idsOf(exactSearch(all, query)));
        }
      }
    });
  });
}
