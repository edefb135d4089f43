import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slices } from "./buckets.ts";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe("slices", () => {
  const id = fc.stringMatching(/^[0-9a-f]{4}$/);
  const ids = fc.uniqueArray(fc.oneof(id, fc.stringMatching(/^3f[0-9a-f]{2}$/)), { maxLength: 200 });
  const readFrom = (rows: readonly string[]) => (buckets?: readonly string[]) =>
    Promise.resolve(rows.filter((id) => !buckets || buckets.includes(id.slice(0, 2))).sort());

  it("give each row once, ascending, however the rows are spread and whatever the estimates", async () => {
    await fc.assert(
      fc.asyncProperty(ids, fc.nat({ max: 10_000 }), fc.integer({ min: 1, max: 50 }), async (drawn, atMost, rows) => {
        const seen = (await all(slices(readFrom(drawn), { atMost, rows }))).flat();
        expect(seen).toEqual(drawn.toSorted());
      }),
    );
  });

  it("begin at a bucket", async () => {
    const rows = ["00aa", "7f00", "8000", "ffff"];
    expect((await all(slices(readFrom(rows), { atMost: 4, first: "80" }))).flat()).toEqual(["8000", "ffff"]);
  });

  it("read a small scope at once, and a large one in pieces of about the wished size", async () => {
    const even = Array.from({ length: 65_536 }, (_, i) => i.toString(16).padStart(4, "0"));
    expect(await all(slices(readFrom(["00aa"]), { atMost: 1 }))).toHaveLength(1);
    const sizes = (await all(slices(readFrom(even), { atMost: 65_536, rows: 1024 }))).map((s) => s.length);
    expect(new Set(sizes)).toEqual(new Set([1024]));
  });
});
