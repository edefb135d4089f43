import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitWithin } from "./picture.ts";

const side = fc.integer({ min: 1, max: 40_000 });

describe("fitWithin", () => {
  it("stays within the bound, keeps at least a pixel and never enlarges", () => {
    fc.assert(
      fc.property(side, side, (width, height) => {
        const fitted = fitWithin({ width, height }, 1024);
        for (const [now, before] of [
          [fitted.width, width],
          [fitted.height, height],
        ] as const) {
          expect(now).toBeGreaterThanOrEqual(1);
          expect(now).toBeLessThanOrEqual(Math.min(1024, before));
        }
      }),
    );
  });

  it("keeps the shape to within half a pixel", () => {
    fc.assert(
      fc.property(side, side, (width, height) => {
        const fitted = fitWithin({ width, height }, 1024);
        const scale = Math.min(1, 1024 / Math.max(width, height));
        expect(Math.abs(fitted.width - Math.max(1, width * scale))).toBeLessThanOrEqual(0.5);
        expect(Math.abs(fitted.height - Math.max(1, height * scale))).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  it("leaves a small picture as it is", () => {
    expect(fitWithin({ width: 640, height: 480 }, 1024)).toEqual({ width: 640, height: 480 });
  });
});
