/** Pages through a scope. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CollectionName, type ItemId } from "../../ids.ts";
import type { Scope, ScrolledPoint } from "../port.ts";
import { type ConformanceRun, idsOf, point, points } from "./fixtures.ts";

export function describeScrolling(run: ConformanceRun): void {
  const readAll = async (
    scope: Scope,
    limit: number,
    betweenPages: (page: number) => Promise<void> = async () => {},
  ) => {
    const seen: ScrolledPoint[] = [];
    let cursor: string | undefined;
    for (let page = 0; ; page++) {
      const { points, next } = await run.store.scroll(run.space, scope, { limit, cursor });
      expect(points.length).toBeLessThanOrEqual(limit);
      seen.push(...points);
      if (next === undefined) return seen;
      cursor = next;
      await betweenPages(page);
    }
  };

  describe("scrolling", () => {
    it("gives every point once and whole, whatever the page size, always in the same order", async () => {
      const scope = run.freshScope();
      const all = points(57, (n) => ({ n }));
      await run.store.upsert(run.space, scope, all);
      const order = idsOf(await readAll(scope, 100));
      expect(order.toSorted()).toEqual(idsOf(all).sort());
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (limit) => {
          expect(idsOf(await readAll(scope, limit))).toEqual(order);
        }),
        { numRuns: 8, examples: [[56], [57], [58]] },
      );
      const byId = new Map(all.map((p) => [p.id, p]));
      for (const got of await readAll(scope, 20))
        expect(got).toMatchObject({ ...byId.get(got.id), vector: got.vector });
    });

    it("leaves vectors out where nobody wants them, and nothing else", async () => {
      const scope = run.freshScope();
      await run.store.upsert(
        run.space,
        scope,
        points(5, (n) => ({ n })),
      );
      const whole = await run.store.scroll(run.space, scope, { limit: 3 });
      const bare = await run.store.scroll(run.space, scope, { limit: 3, withVectors: false });
      expect(whole.points.map(({ vector }) => vector?.length)).toEqual(Array(3).fill(run.space.dims));
      expect(bare).toEqual({ ...whole, points: whole.points.map(({ vector: _, ...point }) => point) });
      const rest = await run.store.scroll(run.space, scope, { limit: 3, withVectors: false, cursor: bare.next });
      expect([...idsOf(bare.points), ...idsOf(rest.points)].sort()).toEqual(idsOf(points(5)).sort());
    });

    it("gives what a filter lets through, page by page", async () => {
      const scope = run.freshScope();
      const all = points(40, (n) => ({ n }));
      await run.store.upsert(run.space, scope, all);
      const filter = {
        any: [
          { field: "n", lt: 7 },
          { field: "n", gte: 33 },
        ],
      };
      const seen: ItemId[] = [];
      let cursor: string | undefined;
      do {
        const page = await run.store.scroll(run.space, scope, { limit: 4, filter, cursor });
        seen.push(...idsOf(page.points));
        cursor = page.next;
      } while (cursor !== undefined);
      const expected = all.filter(({ metadata }) => Number(metadata.n) < 7 || Number(metadata.n) >= 33);
      expect(seen.sort()).toEqual(idsOf(expected).sort());
    });

    it("neither skips nor repeats a point while others come and go", async () => {
      const scope = run.freshScope();
      const staying = points(60);
      const going = Array.from({ length: 60 }, (_, n) => point(`going-${n}`));
      await run.store.upsert(run.space, scope, [...staying, ...going]);
      const seen = await readAll(scope, 10, async (page) => {
        await run.store.delete(run.space, scope, { ids: idsOf(going.slice(10 * page, 10 * page + 10)) });
        await run.store.upsert(run.space, scope, [point(`new-${page}`), point(`item-${page}`)]);
      });
      const stayed = idsOf(seen).filter((id) => id.startsWith("item-"));
      expect(stayed.sort()).toEqual(idsOf(staying).sort());
      expect(new Set(idsOf(seen)).size).toBe(seen.length);
    });

    it("goes on from a point that is gone", async () => {
      const scope = run.freshScope();
      await run.store.upsert(run.space, scope, points(12));
      const first = await run.store.scroll(run.space, scope, { limit: 5 });
      await run.store.delete(run.space, scope, { ids: idsOf(first.points) });
      const rest = await run.store.scroll(run.space, scope, { limit: 20, cursor: first.next });
      const all: ItemId[] = [...idsOf(first.points), ...idsOf(rest.points)];
      expect(all.sort()).toEqual(idsOf(points(12)).sort());
    });

    it.each(["", "0", "nonsense", "item-1", "'"])("refuses the cursor %j", async (cursor) => {
      const scope = run.freshScope();
      await run.store.upsert(run.space, scope, [point("item-1")]);
      const page = run.store.scroll(run.space, scope, { limit: 5, cursor });
      await expect(page).rejects.toMatchObject({ code: "invalid_cursor" });
    });

    it("refuses the cursor of another scope", async () => {
      const [mine, foreign] = [run.freshScope(), run.freshScope()];
      for (const scope of [mine, foreign]) await run.store.upsert(run.space, scope, points(10));
      const { next } = await run.store.scroll(run.space, foreign, { limit: 5 });
      const elsewhere = { ...foreign, collection: CollectionName.parse("elsewhere") };
      for (const scope of [mine, elsewhere]) {
        const page = run.store.scroll(run.space, scope, { limit: 5, cursor: next });
        await expect(page).rejects.toMatchObject({ code: "invalid_cursor" });
      }
    });

    it("takes pages of several readers at once, each from its own place", async () => {
      const scope = run.freshScope();
      await run.store.upsert(run.space, scope, points(30));
      const [a, b] = await Promise.all([readAll(scope, 7), readAll(scope, 11)]);
      expect(idsOf(a)).toEqual(idsOf(b));
    });

    it("refuses a cursor of a scope that holds nothing as of any other", async () => {
      const page = run.store.scroll(run.space, run.freshScope(), { limit: 5, cursor: "nonsense" });
      await expect(page).rejects.toMatchObject({ code: "invalid_cursor" });
    });
  });
}
