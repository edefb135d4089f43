import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalisationTable, normalisePixels, padTokens } from "./tensors.ts";

const MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
const STD = [0.26862954, 0.26130258, 0.27577711] as const;

describe("normalisePixels", () => {
  it("gives what the arithmetic gives, channel by channel, for any number of images", () => {
    const plane = 4;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3 * plane, maxLength: 15 * plane }), (bytes) => {
        const images = Math.floor(bytes.length / (3 * plane));
        const rgb = bytes.subarray(0, images * 3 * plane);
        const out = new Float32Array(rgb.length);
        normalisePixels(rgb, plane, normalisationTable(MEAN, STD), out);
        for (let n = 0; n < images; n++)
          for (const c of [0, 1, 2] as const)
            for (let p = 0; p < plane; p++) {
              const byte = rgb[n * 3 * plane + p * 3 + c]!;
              expect(out[n * 3 * plane + c * plane + p]).toBe(Math.fround((byte / 255 - MEAN[c]) / STD[c]));
            }
      }),
    );
  });
});

describe("padTokens", () => {
  const rows = fc.array(fc.array(fc.nat(0x7fffffff), { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 5 });

  it("fills every row up to the width, over whatever the buffer held before", () => {
    fc.assert(
      fc.property(rows, fc.nat(3), fc.nat(9), (ragged, extra, padId) => {
        const width = Math.max(...ragged.map((r) => r.length)) + extra;
        const expected = ragged.flatMap((r) => [...r, ...Array<number>(width - r.length).fill(padId)]);
        const ids = Int32Array.from(ragged.flat());
        const lengths = ragged.map((r) => r.length);

        const narrow = new Int32Array(expected.length).fill(-1);
        padTokens(ids, lengths, width, padId, narrow);
        expect([...narrow]).toEqual(expected);

        const wide = new BigInt64Array(expected.length).fill(-1n);
        padTokens(ids, lengths, width, padId, wide);
        expect([...wide]).toEqual(expected.map(BigInt));
      }),
    );
  });
});
