import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  base64ToBytes,
  bytesToBase64,
  dot,
  meanDirection,
  normalise,
  softmax,
  vectorFromBytes,
  vectorToBytes,
} from "./vectors.ts";

const vectors = fc.float32Array({ minLength: 1, maxLength: 600, noNaN: false });

describe("the vector codec", () => {
  it("returns the same bytes for any vector, by way of base64", () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        const back = vectorFromBytes(base64ToBytes(bytesToBase64(vectorToBytes(vector))));
        expect(vectorToBytes(back)).toEqual(vectorToBytes(vector));
      }),
    );
  });

  it("is little-endian float32, as OpenAI's base64 is", () => {
    expect(bytesToBase64(vectorToBytes(Float32Array.of(1)))).toBe("AACAPw==");
  });

  it("reads bytes that are not aligned to four", () => {
    const bytes = new Uint8Array(9);
    bytes.set(vectorToBytes(Float32Array.of(1.5, -2)), 1);
    expect(Array.from(vectorFromBytes(bytes.subarray(1)))).toEqual([1.5, -2]);
  });

  it("refuses a length that is no multiple of four", () => {
    expect(() => vectorFromBytes(new Uint8Array(5))).toThrow(RangeError);
  });

  it("encodes more bytes than a function takes arguments", () => {
    const bytes = new Uint8Array(1_000_000).map((_, i) => i);
    expect(base64ToBytes(bytesToBase64(bytes))).toEqual(bytes);
  });
});

describe("linear algebra", () => {
  it("normalises to length one and tells the length before", () => {
    const v = Float32Array.of(3, 4);
    expect(normalise(v)).toBeCloseTo(5);
    expect(dot(v, v)).toBeCloseTo(1);
  });

  it("leaves a vector without direction alone", () => {
    const zero = new Float32Array(3);
    expect(normalise(zero)).toBe(0);
    expect(Array.from(zero)).toEqual([0, 0, 0]);
  });

  it("averages directions", () => {
    const mean = meanDirection([Float32Array.of(1, 0), Float32Array.of(0, 1)]);
    expect(mean[0]).toBeCloseTo(Math.SQRT1_2);
    expect(() => meanDirection([])).toThrow(RangeError);
  });

  it("gives a distribution by softmax, whatever the size of the logits", () => {
    const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1e6, noNaN: true }), (cosines, scale) => {
        const scores = softmax(cosines, scale);
        expect(scores.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
        expect(scores.every((s) => s >= 0 && s <= 1)).toBe(true);
      }),
    );
  });
});
