import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tempered } from "./scores.ts";

const Scores = fc
  .array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 })
  .map((values) => Float32Array.from(values, (value) => value / values.reduce((a, b) => a + b)));

describe("a temperature", () => {
  it("divides the logits", () => {
    const softmax = (logits: readonly number[]) => {
      const powers = logits.map(Math.exp);
      return Float32Array.from(powers, (power) => power / powers.reduce((a, b) => a + b));
    };
    const found = tempered(softmax([2, 1, -1]), 2.5);
    const expected = softmax([2, 1, -1].map((logit) => logit / 2.5));
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 6);
  });

  it("of 1 changes nothing, and none changes which answer is the likeliest, nor that they sum up to 1", () => {
    fc.assert(
      fc.property(Scores, fc.double({ min: 0.2, max: 10, noNaN: true }), (scores, temperature) => {
        for (const [i, score] of tempered(scores, 1).entries()) expect(score).toBeCloseTo(scores[i]!, 6);
        const found = tempered(scores, temperature);
        expect(found.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
        const likeliest = scores.indexOf(Math.max(...scores));
        expect(found[likeliest]).toBe(Math.max(...found));
      }),
    );
  });

  it("leaves certainty certain", () => {
    expect([...tempered(Float32Array.of(0, 1, 0), 3)]).toEqual([0, 1, 0]);
  });
});

it.each([
  [[0.5, 0.5, 0.5]],
  [[Number.NaN, 0.5, 0.5]],
  [[-0.1, 0.6, 0.5]],
  [[0, 0, 0]],
  [[Number.POSITIVE_INFINITY, 0, 0]],
])("%j are no probabilities", (scores) => {
  expect(() => tempered(Float32Array.from(scores), 1)).toThrow("no probabilities");
});
