import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CALLERS, compare, drive, median } from "./load.ts";

describe("the load", () => {
  it("sends as many pictures as asked, in turn, and never more at once than there are callers", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 200 }), async (pictures, count) => {
        const sent: number[] = [];
        let open = 0;
        let most = 0;
        await drive([...Array(pictures).keys()], count, async (picture) => {
          sent.push(picture);
          most = Math.max(most, ++open);
          await Promise.resolve();
          open--;
        });
        expect(sent).toEqual(Array.from({ length: count }, (_, i) => i % pictures));
        expect(most).toBe(Math.min(count, CALLERS));
      }),
    );
  });

  it("fails when one picture has no answer", async () => {
    const refuse = () => Promise.reject(new Error("refused"));
    await expect(drive([1], 3, refuse)).rejects.toThrow("refused");
  });
});

it("takes the middle of an odd number of values, and between the two middle ones of an even number", () => {
  expect(median([3, 1, 100])).toBe(3);
  expect(median([4, 1, 100, 2])).toBe(3);
});

it("compares each round with its own ceiling: a machine that slows down midway changes no ratio", async () => {
  const ceilings = [100, 50, 10];
  const served = [90, 45, 9];
  const compared = await compare(
    { rounds: 3, say: () => undefined },
    async () => ceilings.shift()!,
    async () => served.shift()!,
  );
  expect(compared).toEqual({ value: 45, against: 50, ratio: 0.9 });
});
