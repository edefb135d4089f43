/**
 * What every vector store promises (see port.ts), as one vitest suite that runs in Node and in workerd. An adapter's own
 * test calls it once:
 *
 * ```ts
 * describeVectorStore("embedded", async () => ({ store: await openEmbeddedStore(…), dispose: () => … }));
 * ```
 */
import { afterAll, beforeAll, describe } from "vitest";
import { describeFilters } from "./conformance/filters.ts";
import { ConformanceRun } from "./conformance/fixtures.ts";
import { describeIsolation } from "./conformance/isolation.ts";
import { describePoints } from "./conformance/points.ts";
import { describeScrolling } from "./conformance/scrolling.ts";
import { describeSearch } from "./conformance/search.ts";
import type { VectorSpace, VectorStore } from "./port.ts";

export interface StoreUnderTest {
  readonly store: VectorStore;
  /** Undoes what making it did, after the store itself is closed. @param spaces all that the suite may have created. */
  dispose(spaces: readonly VectorSpace[]): Promise<void>;
}

export function describeVectorStore(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`the ${name} vector store`, () => {
    const run = new ConformanceRun();
    let made: StoreUnderTest | undefined;

    beforeAll(async () => {
      made = await makeStore();
      run.store = made.store;
      await run.store.ensure(run.space);
    });

    afterAll(async () => {
      await made?.store.close();
      await made?.dispose(run.spaces);
    });

    describePoints(run);
    describeScrolling(run);
    describeSearch(run);
    describeFilters(run);
    describeIsolation(run);
  });
}
